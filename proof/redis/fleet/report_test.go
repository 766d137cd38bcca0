package main

import (
	"encoding/xml"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// goodRecording returns a run in which everything is right.
func goodRecording() *recording {
	r := &recording{
		events: []event{
			{kind: bearer, sent: 1 * s, status: 200},
			{kind: opaque, sent: 1 * s, status: 200},
			{kind: bound, proof: 1, sent: 1 * s, status: 200},
			{want: bad, sent: 1 * s, status: 401},
			{want: revoked, sent: 6 * s, status: 401},
		},
		victims: []victim{{asked: 5 * s, acked: 5*s + 10*ms}},
		calls:   []call{{1, 1 * s}},
	}
	for i := range apis {
		r.events = append(r.events, event{server: i, sent: 307 * s, status: 200})
	}
	return r
}

func reportOn(t *recording) *report {
	faults := testFaults
	for len(faults) < len(plan) {
		faults = append(faults, fault{name: rotated, began: 300 * s, ended: 306 * s})
	}
	return &report{outcome: judge(t, faults, 0), config: config{duration: 310 * s, workers: 1}, under: "by a `test`"}
}

func TestARunWithoutFaultsPasses(t *testing.T) {
	if got := reportOn(goodRecording()).failures(); got != nil {
		t.Errorf("got %q, want no failure", got)
	}
}

// Each of these faults must make the command exit with status 1.
func TestPlantedFaultsFailTheRun(t *testing.T) {
	plant := func(events ...event) func(*recording) {
		return func(t *recording) { t.events = append(t.events, events...) }
	}
	for name, change := range map[string]func(*recording){
		"a forged token was accepted":  plant(event{want: bad, sent: 2 * s, status: 200}),
		"a revoked token was accepted": plant(event{want: revoked, sent: 7 * s, status: 200}),
		"a replay was accepted":        plant(event{kind: bound, want: replay, proof: 1, sent: 2 * s, status: 200}),
		"a good token was refused":     plant(event{sent: 2 * s, status: 401}),
		"503 without a fault":          plant(event{sent: 2 * s, status: 503}),
		"a connection was lost":        plant(event{server: noServer, sent: 2 * s}),
		"a process does not return":    func(t *recording) { t.events = t.events[:len(t.events)-1] },
		"many connections were lost":   plant(slices.Repeat([]event{{server: noServer, sent: 10*s + 100*ms}}, 3)...),
		"many proofs met a slow Redis": plant(event{kind: bound, sent: 2 * s, took: 60 * ms, status: 503}, event{kind: bound, sent: 2 * s, took: 60 * ms, status: 503}),
		"each process introspected":    func(t *recording) { t.calls = append(t.calls, call{1, 1*s + ms}, call{1, 1*s + 2*ms}) },
		"no opaque token was accepted": func(t *recording) { t.events[1].status = 401 },
		"nothing was revoked":          func(t *recording) { t.victims[0].acked = 0 },
		"nothing was introspected":     func(t *recording) { t.calls = nil },
	} {
		recorded := goodRecording()
		change(recorded)
		if got := reportOn(recorded).failures(); len(got) == 0 {
			t.Errorf("%s: got no failure, want one", name)
		}
	}
	r := reportOn(goodRecording())
	r.faults = r.faults[1:]
	if got := r.failures(); len(got) == 0 {
		t.Error("a fault was not injected: got no failure, want one")
	}
}

func TestThePlotIsAnImage(t *testing.T) {
	var image struct {
		Title string     `xml:"title"`
		Bars  []struct{} `xml:"rect"`
	}
	recorded := goodRecording()
	r := reportOn(recorded)
	if err := xml.Unmarshal([]byte(r.plot(recorded.events)), &image); err != nil {
		t.Fatal(err)
	}
	if got, want := len(image.Bars), 1+len(r.faults); got != want || image.Title == "" {
		t.Errorf("got %d rectangles and the title %q, want %d and a title", got, image.Title, want)
	}
}

func TestTheFiguresAreWrittenBetweenTheMarkers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(file, []byte("before\n"+begin+"\nold\n"+end+"\nafter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := rewrite(file, "new\n"); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file)
	if want := "before\n" + begin + "\n\nnew\n\n" + end + "\nafter\n"; err != nil || string(got) != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if err := os.WriteFile(file, []byte(begin), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := rewrite(file, "new\n"); err == nil {
		t.Error("got no error without the second marker, want one")
	}
}

func TestThePageHasTheMarkers(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "scale.md"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(page), begin) != 1 || strings.Count(string(page), end) != 1 {
		t.Errorf("docs/scale.md does not have %s and %s once", begin, end)
	}
}

func TestTheSeedDeterminesTheSchedule(t *testing.T) {
	with := func(seed uint64, d time.Duration) []fault {
		random := rand.New(rand.NewPCG(seed, 0))
		return schedule(random, random.Perm(apis), d)
	}
	for _, d := range []time.Duration{20 * s, 2 * time.Minute} {
		if a, b := with(1, d), with(1, d); !reflect.DeepEqual(a, b) {
			t.Errorf("got %v and %v, want the same", a, b)
		}
		if a, b := with(1, d), with(2, d); reflect.DeepEqual(a, b) {
			t.Errorf("got %v twice, want different ones", a)
		}
		for seed := range uint64(100) {
			for _, f := range with(seed, d) {
				if f.ended > d {
					t.Errorf("%s ends at %v of %v", f.name, f.ended, d)
				}
			}
		}
	}
}
