package bounded_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/bearerguard/bearerguard/testserver/internal/bounded"
)

func keys(m *bounded.Map[int, string]) (list []int) {
	for key := range m.All() {
		list = append(list, key)
	}
	return list
}

func TestAFullMapDropsItsOldestEntry(t *testing.T) {
	var m bounded.Map[int, string]
	for key := range bounded.Limit + 2 {
		m.Put(key, "v")
	}
	for key, want := range map[int]bool{0: false, 1: false, 2: true, bounded.Limit + 1: true} {
		if _, ok := m.Get(key); ok != want {
			t.Errorf("key %d: got %v, want %v", key, ok, want)
		}
	}
	if got := keys(&m); len(got) != bounded.Limit || got[0] != 2 || !slices.IsSorted(got) {
		t.Errorf("got %d entries starting at %d, want %d, oldest first", len(got), got[0], bounded.Limit)
	}
}

func TestAReplacedEntryKeepsItsAge(t *testing.T) {
	var m bounded.Map[int, string]
	m.Put(1, "a")
	m.Put(2, "b")
	m.Put(1, "c")
	if v, _ := m.Get(1); v != "c" || !slices.Equal(keys(&m), []int{1, 2}) {
		t.Errorf("got %q and the order %v, want c and 1 before 2", v, keys(&m))
	}
}

func TestSweepAndDeleteRemoveEntries(t *testing.T) {
	var m bounded.Map[int, string]
	for key := range 4 {
		m.Put(key, []string{"live", "dead"}[key%2])
	}
	m.Delete(0)
	m.Sweep(func(v string) bool { return v == "dead" })
	m.Put(1, "live")
	if got := keys(&m); !slices.Equal(got, []int{2, 1}) {
		t.Errorf("got %v, want 2 and the new 1", got)
	}
}

func TestAMapSurvivesJSON(t *testing.T) {
	var m, again bounded.Map[int, string]
	m.Put(2, "b")
	m.Put(1, "a")
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &again); err != nil || !slices.Equal(keys(&again), []int{2, 1}) {
		t.Errorf("got %v, %v from %s, want 2 before 1", keys(&again), err, text)
	}
}

func TestInvalidJSONIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"a key twice":           `[{"Key":1,"Value":"a"},{"Key":1,"Value":"b"}]`,
		"an unknown member":     `[{"Key":1,"Value":"a","Age":1}]`,
		"an object":             `{}`,
		"a key of another type": `[{"Key":"1","Value":"a"}]`,
	} {
		var m bounded.Map[int, string]
		if err := json.Unmarshal([]byte(text), &m); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}
