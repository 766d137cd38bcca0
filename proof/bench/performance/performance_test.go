package performance_test

import (
	"encoding/xml"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/proof/bench/performance"
)

var update = flag.Bool("update", false, "draw docs/images/performance.svg instead of checking it")

const page = `# Performance

` + performance.Begin + `

|              | RS256 µs |  × raw | bytes | allocs | ES256 × raw | allocs |
|--------------|---------:|-------:|------:|-------:|------------:|-------:|
| raw crypto   |     30.0 | 1.00 × |  1000 |     10 |      1.00 × |     22 |
| a <b> & "c"  |     60.0 | 2.00 × |  2000 |     20 |           – |      – |
| Bearerguard  |     15.0 | 0.50 × |   500 |      5 |      0.90 × |     11 |

A note.

The date and the ` + "`machine`" + `.

` + performance.End + `

| not | this |
`

func read(t *testing.T, page string) performance.Table {
	t.Helper()
	table, err := performance.Read(page)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestTheTableIsRead(t *testing.T) {
	table := read(t, page)
	if got, want := table.Under, "The date and the `machine`."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := len(table.Rows), 3; got != want {
		t.Errorf("got %d rows, want %d", got, want)
	}
	got, err := table.Row("Bearerguard")
	if want := (performance.Row{Name: "Bearerguard", Ratio: 0.5, Allocs: 5}); err != nil || got != want {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if _, err := table.Row("another"); err == nil {
		t.Error("got no error for a missing row, want one")
	}
}

func TestAPageWithoutSuchATableIsRefused(t *testing.T) {
	for name, changed := range map[string]string{
		"no markers":           strings.ReplaceAll(page, performance.End, ""),
		"other columns":        strings.ReplaceAll(page, "× raw", "ratio"),
		"a time for the ratio": strings.Replace(page, "2.00 ×", "2 µs", 1),
		"a missing count":      strings.Replace(page, "20 |", "– |", 1),
	} {
		if _, err := performance.Read(changed); err == nil {
			t.Errorf("%s: got no error, want one", name)
		}
	}
}

// drawing contains the parts of an SVG image that the tests check.
type drawing struct {
	Width string `xml:"width,attr"`
	Title string `xml:"title"`
	Desc  string `xml:"desc"`
	Bars  []struct {
		Texts []string `xml:"text"`
		Rect  struct {
			Class string  `xml:"class,attr"`
			Width float64 `xml:"width,attr"`
		} `xml:"rect"`
	} `xml:"g"`
}

func TestThePlotHasABarForEachRow(t *testing.T) {
	table := read(t, page)
	var got drawing
	if err := xml.Unmarshal([]byte(table.Plot()), &got); err != nil {
		t.Fatal(err)
	}
	if got.Width != "720" || got.Title == "" {
		t.Errorf("got width %q and title %q, want 720 and a title", got.Width, got.Title)
	}
	if len(got.Bars) != len(table.Rows) {
		t.Fatalf("got %d bars, want %d", len(got.Bars), len(table.Rows))
	}
	for i, want := range []struct{ name, value, class string }{
		{"raw crypto", "1.00 ×", "bar"}, {`a <b> & "c"`, "2.00 ×", "bar"}, {"Bearerguard", "0.50 ×", "bar ours"},
	} {
		bar := got.Bars[i]
		if len(bar.Texts) != 2 || bar.Texts[0] != want.name || bar.Texts[1] != want.value || bar.Rect.Class != want.class {
			t.Errorf("got %q, %s, want %v", bar.Texts, bar.Rect.Class, want)
		}
		if !strings.Contains(got.Desc, want.name+": "+want.value) {
			t.Errorf("got desc %q, want it to have %s", got.Desc, want.name)
		}
		ratio := bar.Rect.Width / got.Bars[0].Rect.Width
		if math.Abs(ratio-table.Rows[i].Ratio) > 0.01 {
			t.Errorf("%s: got a bar of %.3f times raw crypto, want %.2f", want.name, ratio, table.Rows[i].Ratio)
		}
	}
}

func TestTheImageShowsTheTableOfThePage(t *testing.T) {
	docs := filepath.Join("..", "..", "..", "docs")
	text, err := os.ReadFile(filepath.Join(docs, "performance.md"))
	if err != nil {
		t.Fatal(err)
	}
	want, image := read(t, string(text)).Plot(), filepath.Join(docs, "images", "performance.svg")
	if *update {
		if err := os.WriteFile(image, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(image)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/images/performance.svg does not show the table of docs/performance.md; run go test -count=1 ./performance -update")
	}
}
