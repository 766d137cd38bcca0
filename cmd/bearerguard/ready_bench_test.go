package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// BenchmarkReady measures the time from the start of the program to its ready
// line. The program is built like a release. Every test suite that starts a
// server waits for this time.
func BenchmarkReady(b *testing.B) {
	path := filepath.Join(b.TempDir(), "bearerguard")
	build := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	for _, bb := range []struct {
		name string
		args []string
	}{{"HTTP", nil}, {"TLS", []string{"--tls"}}} {
		b.Run(bb.name, func(b *testing.B) {
			for b.Loop() {
				cmd := exec.CommandContext(b.Context(), path, append([]string{"serve", "--addr", anyPort, "--exit-with-stdin"}, bb.args...)...)
				in, err := cmd.StdinPipe()
				if err != nil {
					b.Fatal(err)
				}
				out, err := cmd.StdoutPipe()
				if err != nil {
					b.Fatal(err)
				}
				if err := cmd.Start(); err != nil {
					b.Fatal(err)
				}
				if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				in.Close()
				if err := cmd.Wait(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}
