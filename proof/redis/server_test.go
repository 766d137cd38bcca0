package redis_test

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bearerguard/bearerguard/proof/program"
)

// server is a redis-server of a test.
type server struct {
	t       *testing.T
	addr    string
	dir     string
	options []string
	process *os.Process

	user, password string // credentials of a store's clients; "" before restrict sets them
}

// startServer starts a redis-server, which runs until the test ends.
func startServer(t *testing.T, options ...string) *server {
	t.Helper()
	s := &server{t: t, addr: program.Address(t), dir: t.TempDir(), options: options}
	s.start()
	t.Cleanup(s.kill)
	return s
}

// start starts the server at s.addr. The server loads the data in s.dir.
func (s *server) start() {
	s.t.Helper()
	host, port, _ := net.SplitHostPort(s.addr)
	command := exec.Command("redis-server", append([]string{"--bind", host, "--port", port, "--save", ""}, s.options...)...)
	command.Dir = s.dir
	out, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.process = command.Process
	var log strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		log.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "Ready to accept connections") {
			return
		}
	}
	s.t.Fatalf("redis-server did not start:\n%s", &log)
}

// kill ends the server as kill -9 does.
func (s *server) kill() {
	if s.process != nil {
		_ = s.process.Kill() // also ends a paused process
		_, _ = s.process.Wait()
		s.process = nil
	}
}

func (s *server) signal(sig syscall.Signal) {
	s.t.Helper()
	if err := s.process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// client returns a client of the server for commands of the test itself.
func (s *server) client() *redis.Client {
	client := redis.NewClient(&redis.Options{Addr: s.addr, ContextTimeoutEnabled: true})
	s.t.Cleanup(func() { _ = client.Close() })
	return client
}

func (s *server) do(args ...any) any {
	s.t.Helper()
	answer, err := s.client().Do(s.t.Context(), args...).Result()
	if err != nil {
		s.t.Fatalf("%v: %v", args[0], err)
	}
	return answer
}

// restrict creates the Redis user of docs/scale.md, with the given additional
// permissions. Clients of a store then log in as this user.
func (s *server) restrict(more ...any) {
	s.t.Helper()
	page, err := os.ReadFile("../../docs/scale.md")
	if err != nil {
		s.t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^user (\S+) on >(\S+) .*$`).FindSubmatch(page)
	if line == nil {
		s.t.Fatal("docs/scale.md has no line that begins with user")
	}
	s.user, s.password = string(line[1]), string(line[2])
	command := []any{"ACL"}
	for i, word := range strings.Fields(string(line[0])) {
		if i == 0 {
			word = "SETUSER"
		}
		command = append(command, word)
	}
	s.do(append(command, more...)...)
}

// startCluster starts a cluster of three servers.
func startCluster(t *testing.T) (nodes []*server) {
	t.Helper()
	buses := make([]string, 3)
	for i := range buses {
		_, buses[i], _ = net.SplitHostPort(program.Address(t))
		nodes = append(nodes, startServer(t, "--cluster-enabled", "yes", "--cluster-port", buses[i], "--cluster-require-full-coverage", "no"))
		host, _, _ := net.SplitHostPort(nodes[i].addr)
		nodes[i].do("CONFIG", "SET", "cluster-announce-ip", host)
	}
	for i, slots := range [][2]int{{0, 5460}, {5461, 10922}, {10923, 16383}} {
		nodes[i].do("CLUSTER", "ADDSLOTSRANGE", slots[0], slots[1])
		host, port, _ := net.SplitHostPort(nodes[i].addr)
		for j, other := range nodes {
			if j != i { // in both directions, because the ports differ
				other.do("CLUSTER", "MEET", host, port, buses[i])
			}
		}
	}
	for _, node := range nodes {
		eventually(t, "the cluster is ready", func() bool {
			info, _ := node.do("CLUSTER", "INFO").(string)
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:3") && strings.Contains(info, "cluster_slots_assigned:16384")
		})
	}
	return nodes
}

// eventually waits until condition returns true. After 30 seconds, the test
// fails.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	timeout := time.NewTimer(30 * time.Second)
	defer timeout.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-timeout.C:
			t.Fatalf("got a timeout, want that %s", what)
		}
	}
}
