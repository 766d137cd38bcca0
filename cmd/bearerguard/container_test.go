package main

import (
	"bufio"
	"debug/elf"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// dockerfile returns the instructions of Dockerfile, grouped by build stage.
func dockerfile(t *testing.T) map[string][][2]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	stages, stage := map[string][][2]string{}, ""
	for line := range strings.Lines(string(text)) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == "FROM" {
			parts := strings.Fields(rest)
			stage = parts[len(parts)-1]
		}
		if name != "" && name != "#" {
			stages[stage] = append(stages[stage], [2]string{name, rest})
		}
	}
	return stages
}

// jsonWords returns the words of an instruction in a build stage. The
// instruction must be in JSON form.
func jsonWords(t *testing.T, stage [][2]string, instruction string) (words []string) {
	t.Helper()
	for _, i := range stage {
		if i[0] == instruction {
			if err := json.Unmarshal([]byte(i[1][strings.IndexByte(i[1], '['):]), &words); err != nil {
				t.Fatalf("%s: %v", instruction, err)
			}
		}
	}
	return words
}

// This test runs the build, the server and the health check of Dockerfile. The
// binary must be static, and the server must pass this check.
func TestTheImageIsAStaticServerWithAHealthCheck(t *testing.T) {
	stages := dockerfile(t)
	dir := t.TempDir()
	built := 0
	for _, i := range stages["build"] {
		if i[0] != "RUN" || !strings.HasSuffix(i[1], "./cmd/bearerguard") { // skip the API, which is built in the same way
			continue
		}
		built++
		cmd := exec.CommandContext(t.Context(), "sh", "-c", strings.ReplaceAll(i[1], "/out/", dir+"/"))
		cmd.Dir = filepath.Join("..", "..")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", i[1], err, out)
		}
	}
	if built != 1 {
		t.Fatalf("got %d builds of the server, want one", built)
	}
	binary, err := elf.Open(filepath.Join(dir, "bearerguard"))
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(binary.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		t.Error("the binary needs a dynamic loader, which an empty image lacks")
	}
	_ = binary.Close()
	for _, name := range []string{"bearerguard", "api"} {
		if !slices.ContainsFunc(stages[name], func(i [2]string) bool { return i[0] == "USER" && i[1] != "0" && i[1] != "root" }) {
			t.Errorf("%s runs as root", name)
		}
	}

	server := slices.Concat(jsonWords(t, stages["bearerguard"], "ENTRYPOINT"), jsonWords(t, stages["bearerguard"], "CMD"))
	health := jsonWords(t, stages["bearerguard"], "HEALTHCHECK")
	if len(server) < 2 || len(health) != 3 {
		t.Fatalf("got %q and %q", server, health)
	}
	for i, word := range server { // listen on a free port of this machine
		server[i] = strings.ReplaceAll(word, "0.0.0.0:9000", "127.0.0.1:0")
	}
	i := slices.Index(server, "--issuer")
	server = slices.Delete(server, i, i+2)
	cmd := exec.CommandContext(t.Context(), dir+server[0], server[1:]...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // returns an error, because the server was killed
	}()
	line, err := bufio.NewReader(out).ReadBytes('\n')
	var ready struct{ Issuer string }
	if err != nil || json.Unmarshal(line, &ready) != nil {
		t.Fatalf("got %s, %v, want a ready line", line, err)
	}
	check := func(url string) error { return exec.CommandContext(t.Context(), dir+health[0], health[1], url).Run() }
	if err := check(strings.Replace(health[2], "http://127.0.0.1:9000", ready.Issuer, 1)); err != nil {
		t.Errorf("got %v from the health check, want success", err)
	}
	if err := check(ready.Issuer + "/nowhere"); err == nil {
		t.Error("got success from the health check of an unknown path")
	}
}

// The flags and variables in the example compose.yaml must exist.
func TestTheComposeFileUsesExistingFlagsAndVariables(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "examples", "compose", "compose.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	serve := newServe(streams{})
	for _, flag := range regexp.MustCompile(`--([a-z-]+)`).FindAllStringSubmatch(strings.Join(strings.Split(string(text), "\n")[5:], "\n"), -1) {
		if serve.Flags().Lookup(flag[1]) == nil {
			t.Errorf("serve has no flag --%s", flag[1])
		}
	}
	api, err := filepath.Glob(filepath.Join("..", "..", "examples", "api", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, file := range api {
		code, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(code)
	}
	for _, variable := range regexp.MustCompile(`(?m)^ {6}([A-Z_]+): `).FindAllStringSubmatch(string(text), -1) {
		if !strings.Contains(source.String(), `"`+variable[1]+`"`) {
			t.Errorf("examples/api reads no variable %s", variable[1])
		}
	}
	for target := range map[string]bool{"bearerguard": true, "api": true} {
		if len(dockerfile(t)[target]) == 0 || !strings.Contains(string(text), "target: "+target) {
			t.Errorf("the stage %s is missing", target)
		}
	}
	// IssuerURL and the host for browsers can be set together.
	as := testserver.New(t, testserver.IssuerURL("http://auth:9000"), testserver.Hosts("http://localhost:9000", ""))
	if got := as.Endpoint(testserver.EndpointToken); got != "http://auth:9000/token" {
		t.Errorf("got the token endpoint %s, want the token endpoint for containers", got)
	}
}
