package suite

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

// Planted is an implementation with a fault. It is an alias, so that literals
// do not need field names.
type Planted[T any] = struct {
	Open func() T
	Want []string // the names of the checks that must find the fault; other checks may also find it
}

// failed returns the names of the checks that find a fault.
func failed[T any](ctx context.Context, checks []Check[T], open func() T) (names []string) {
	for _, c := range checks {
		if c.Fault(ctx, open()) != nil {
			names = append(names, c.Name)
		}
	}
	return names
}

// FindsPlantedFaults tests that each fault is found by the checks in its Want.
// It also tests that each check is in the Want of at least one fault. A Want
// with all checks does not count.
func FindsPlantedFaults[T any](t *testing.T, checks []Check[T], faults map[string]Planted[T]) {
	t.Helper()
	found := make(map[string]bool)
	for name, fault := range faults {
		for _, check := range fault.Want {
			found[check] = found[check] || len(fault.Want) < len(checks)
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got := failed(t.Context(), checks, fault.Open)
				for _, check := range fault.Want {
					if !slices.Contains(got, check) {
						t.Errorf("got failures of %q, want %q among them", got, check)
					}
				}
			})
		})
	}
	for _, c := range checks {
		if !found[c.Name] {
			t.Errorf("no planted fault has %q in its Want: plant a fault that this check must find", c.Name)
		}
	}
}

// FindsNoFault tests that no check fails for correct implementations.
func FindsNoFault[T any](t *testing.T, checks []Check[T], correct map[string]func() T) {
	t.Helper()
	for name, open := range correct {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if got := failed(t.Context(), checks, open); len(got) > 0 {
					t.Errorf("got failures of %q, want none", got)
				}
			})
		})
	}
}

// Explains tests that run fails the test, and that the output contains the
// given texts. It calls run in another process, because the failure would also
// fail this test.
func Explains(t *testing.T, run func(t *testing.T), texts ...string) {
	t.Helper()
	const child = "BEARERGUARD_SUITE_CHILD"
	if os.Getenv(child) != "" {
		run(t)
		return
	}
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$") //nolint:gosec // this test itself
	command.Env = append(os.Environ(), child+"=1")
	out, err := command.CombinedOutput()
	if err == nil {
		t.Fatalf("the suite passed, but a failure was expected. Output:\n%s", out)
	}
	for _, want := range texts {
		if !strings.Contains(string(out), want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
}
