package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// lock is a module with two checks. It has four tests: one tests both checks,
// one tests nothing, one always fails, and one is always skipped.
var lock = map[string]string{
	"go.mod": "module example.com/lock\n\ngo 1.26.0\n",
	"door/door.go": `package door

func Opens(key string) bool {
	if key == "" {
		return false
	}
	return key == "sesame"
}
`,
	"door/door_test.go": `package door

import "testing"

func TestOpens(t *testing.T) {
	for key, want := range map[string]bool{"": false, "sesame": true, "wrong": false} {
		t.Run("key "+key, func(t *testing.T) {
			if got := Opens(key); got != want {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestBlind(t *testing.T)   { Opens("wrong") }
func TestFailing(t *testing.T) { t.Error("always") }
func TestSkipped(t *testing.T) { t.Skip() }
`,
}

// judgeLock runs the mutants of a table on the module in the map lock, and
// returns the output. It checks that the files of the module do not change.
func judgeLock(t *testing.T, table, match string) (bool, string, error) {
	t.Helper()
	root := t.TempDir()
	files := map[string]string{"mutants/table.txt": table}
	for name, text := range lock {
		files[name] = text
	}
	for name, text := range files {
		writeFile(t, filepath.Join(root, name), text)
	}
	var out strings.Builder
	ok, err := run(t.Context(), &out, goTest{root: root, timeout: time.Minute}, filepath.Join(root, "mutants"), choice{all: true, match: match})
	for name, text := range files {
		if now, err := os.ReadFile(filepath.Join(root, name)); err != nil || string(now) != text {
			t.Errorf("the run changed %s (%v)", name, err)
		}
	}
	return ok, out.String(), err
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestRunJudgesEveryMutant(t *testing.T) {
	const table = `
# Killed by the whole test and by one subtest.
mutant: any key opens
file: door/door.go
- return key == "sesame"
+ return key != ""
killed by: TestOpens in ./door
killed by: TestOpens/key_wrong in ./door

mutant: the two checks of the empty key are deleted
file: door/door.go
- 	if key == "" {
- 		return false
- 	}
-
file: door/door.go
- return key == "sesame"
+ return key == "sesame" || key == ""
killed by: TestOpens/key_ in ./door

mutant: the process dies
file: door/door.go
- return key == "sesame"
+ go func() { panic("dead") }()
+ select {}
killed by: TestBlind in ./door

mutant: the test does not check the result
file: door/door.go
- return key == "sesame"
+ return true
killed by: TestOpens in ./door
killed by: TestBlind in ./door

mutant: the code has changed
file: door/door.go
- return key == "abracadabra"
+ return true
killed by: TestOpens in ./door

mutant: the text occurs twice
file: door/door.go
- return
+ panic(0)
killed by: TestOpens in ./door

mutant: the change does not compile
file: door/door.go
- return key == "sesame"
+ return 1
killed by: TestOpens in ./door

mutant: the test fails anyway
file: door/door.go
- return key == "sesame"
+ return true
killed by: TestFailing in ./door

mutant: the test is skipped
file: door/door.go
- return key == "sesame"
+ return true
killed by: TestSkipped in ./door

mutant: the test does not exist
file: door/door.go
- return key == "sesame"
+ return true
killed by: TestOpens/no_such_key in ./door
`
	ok, out, err := judgeLock(t, table, "")
	if ok || err != nil {
		t.Errorf("got %v, %v, want false and no error", ok, err)
	}
	for _, want := range []string{
		"killed    any key opens                                by TestOpens in ./door, TestOpens/key_wrong in ./door\n",
		"killed    the two checks of the empty key are deleted  by TestOpens/key_ in ./door\n",
		"killed    the process dies                             by TestBlind in ./door\n",
		"SURVIVED  the test does not check the result\n          | TestBlind in ./door did not fail\n",
		"STALE     the code has changed\n          | door/door.go has this text 0 times, want once:\n          | return key == \"abracadabra\"\n",
		"STALE     the text occurs twice\n          | door/door.go has this text 2 times",
		"BROKEN    the change does not compile\n          | # example.com/lock/door",
		"BASELESS  the test fails anyway\n          | TestFailing in ./door does not pass without the mutant\n",
		"BASELESS  the test is skipped\n          | TestSkipped in ./door is skipped\n",
		"BASELESS  the test does not exist\n          | TestOpens/no_such_key in ./door does not exist\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("missing:\n%s", want)
		}
	}
	if want := "\n10 mutants of 10, 3 killed\n"; !strings.HasSuffix(out, want) {
		t.Errorf("want at the end: %s", want)
	}
	if t.Failed() {
		t.Logf("the output was:\n%s", out)
	}
}

func TestRunSucceedsWhenAllAreKilled(t *testing.T) {
	const table = `
mutant: any key opens
file: door/door.go
- return key == "sesame"
+ return key != ""
killed by: TestOpens in ./door

mutant: excluded by -run
file: door/door.go
- missing
killed by: TestOpens in ./door
`
	ok, out, err := judgeLock(t, table, "^any key")
	if want := "killed    any key opens  by TestOpens in ./door\n1 mutants of 2, 1 killed\n"; !ok || err != nil || out != want {
		t.Errorf("got %v, %v and\n%swant true and\n%s", ok, err, out, want)
	}
}

func TestRunFailsIfNothingMatches(t *testing.T) {
	ok, out, err := judgeLock(t, "# nothing\n", "crit")
	if ok || err == nil || out != "" {
		t.Errorf("got %v, %v and %q, want only an error", ok, err, out)
	}
}
