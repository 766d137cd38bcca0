package apitest_test

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/bearerguard/bearerguard/proof/program"
	"github.com/bearerguard/bearerguard/testserver"
)

// command builds the command bearerguard. It also reads the source files of the
// command, so that go test does not reuse a cached result after these files
// change.
func command(t *testing.T) string {
	t.Helper()
	source, err := filepath.Glob(filepath.Join("..", "..", "cmd", "bearerguard", "*.go"))
	if err != nil || len(source) == 0 {
		t.Fatalf("got no source files of the command: %v", err)
	}
	for _, name := range source {
		if _, err := os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "bearerguard")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", file, "../../cmd/bearerguard").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return file
}

// checkVulnerableAPI runs bearerguard check-api against an API with the given
// hole.
func checkVulnerableAPI(t *testing.T, file, hole string) (out []byte, err error) {
	t.Helper()
	addr := program.Address(t)
	as, err := testserver.NewUnstarted(testserver.IssuerURL("http://" + addr))
	if err != nil {
		t.Fatal(err)
	}
	defer as.Close()
	api := httptest.NewServer(newRoleAPI(as, hole))
	defer api.Close()
	return exec.CommandContext(t.Context(), file, "check-api", api.URL+"/orders", "--addr", addr, "--scope", "orders:read",
		"--require-claim", "/realm_access/roles=admin", "--json").Output()
}

func TestCommandLineFindsEachHole(t *testing.T) {
	file := command(t)
	for _, tt := range holes {
		t.Run(tt.hole, func(t *testing.T) {
			want := tt.found
			if tt.hole == "HTTP/2 is trusted" {
				want = nil // this hole needs HTTP/2, which an API without TLS does not offer
			}
			out, err := checkVulnerableAPI(t, file, tt.hole)
			exit, ended := errors.AsType[*exec.ExitError](err)
			if want != nil && (!ended || exit.ExitCode() != 1) || want == nil && err != nil {
				t.Errorf("got %v, want exit code 1 only for a hole", err)
			}
			var report struct {
				Results []struct {
					Name string
					OK   bool
				}
			}
			if err := json.Unmarshal(out, &report); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			var found []string
			for _, r := range report.Results {
				if !r.OK {
					found = append(found, r.Name)
				}
			}
			if slices.Sort(found); !slices.Equal(found, want) {
				t.Errorf("got %q, want %q", found, want)
			}
		})
	}
}
