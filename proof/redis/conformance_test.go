package redis_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/rueidis"
	"github.com/valkey-io/valkey-go"

	"github.com/bearerguard/bearerguard/adapters/redisstore"
	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/dpop/replaytest"
	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/introspect/cachetest"
	glue "github.com/bearerguard/bearerguard/proof/redis"
	"github.com/bearerguard/bearerguard/revoke"
	"github.com/bearerguard/bearerguard/revoke/feedtest"
)

type doFunc = func(ctx context.Context, args ...any) (any, error)

// clients maps the name of each client library to a function that connects a
// client of the library to the given nodes.
var clients = map[string]func(t *testing.T, nodes []*server) doFunc{
	"go-redis": goRedis,
	"rueidis": func(t *testing.T, nodes []*server) doFunc {
		client, err := rueidis.NewClient(rueidis.ClientOption{
			InitAddress: addresses(nodes), Username: nodes[0].user, Password: nodes[0].password, DisableCache: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(client.Close)
		return glue.WithRueidis(client)
	},
	"valkey-go": func(t *testing.T, nodes []*server) doFunc {
		client, err := valkey.NewClient(valkey.ClientOption{
			InitAddress: addresses(nodes), Username: nodes[0].user, Password: nodes[0].password, DisableCache: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(client.Close)
		return glue.WithValkey(client)
	},
}

func goRedis(t *testing.T, nodes []*server) doFunc {
	client := redis.NewUniversalClient(&redis.UniversalOptions{
		Addrs: addresses(nodes), Username: nodes[0].user, Password: nodes[0].password, ContextTimeoutEnabled: true,
	})
	t.Cleanup(func() { _ = client.Close() })
	return glue.WithGoRedis(client)
}

func addresses(nodes []*server) (all []string) {
	for _, node := range nodes {
		all = append(all, node.addr)
	}
	return all
}

var secret = bytes.Repeat([]byte{1}, 32)

// newStore returns the store of one machine. It has a long Timeout, because the
// computer that runs the tests may be busy.
func newStore(t *testing.T, do doFunc, changes ...func(*redisstore.Config)) *redisstore.Store {
	t.Helper()
	config := redisstore.Config{Do: do, Secret: secret, Timeout: time.Second}
	for _, change := range changes {
		change(&config)
	}
	store, err := redisstore.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// fleet passes each call to the next one of several stores, as if each store
// were on a different machine. The suites therefore fail if a store keeps its
// state only in its own memory.
type fleet struct {
	machines []*redisstore.Store
	next     *atomic.Uint64
}

func newFleet(t *testing.T, do doFunc, changes ...func(*redisstore.Config)) fleet {
	t.Helper()
	f := fleet{next: new(atomic.Uint64)}
	for range 3 {
		f.machines = append(f.machines, newStore(t, do, changes...))
	}
	if err := f.machines[0].Initialize(t.Context()); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f fleet) machine() *redisstore.Store {
	return f.machines[f.next.Add(1)%uint64(len(f.machines))]
}

func (f fleet) First(ctx context.Context, key [32]byte, until time.Time) (bool, error) {
	return f.machine().First(ctx, key, until)
}

func (f fleet) Get(ctx context.Context, key string) ([]byte, bool, error) {
	return f.machine().Get(ctx, key)
}

func (f fleet) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	return f.machine().Set(ctx, key, value, ttl)
}

func (f fleet) Publish(ctx context.Context, revocations ...revoke.Revocation) error {
	return f.machine().Publish(ctx, revocations...)
}

func (f fleet) Read(ctx context.Context, after string) (revoke.Batch, error) {
	return f.machine().Read(ctx, after)
}

func defaultTimeout(c *redisstore.Config) { c.Timeout = 0 }

func longWindow(c *redisstore.Config) { c.ProofWindow = 2 * time.Hour } // replaytest stores entries for an hour

// suites maps the names of the suites to functions that run them.
var suites = map[string]func(t *testing.T, f fleet){
	"replay": func(t *testing.T, f fleet) { replaytest.Run(t, func(*testing.T) dpop.Replay { return f }) },
	"cache":  func(t *testing.T, f fleet) { cachetest.Run(t, func(*testing.T) introspect.Cache { return f }) },
	"feed":   func(t *testing.T, f fleet) { feedtest.Run(t, func(*testing.T) revoke.Feed { return f }) },
}

// Each suite must pass with one server and the default Timeout. On a busy
// computer, however, a command may time out. A suite cannot repeat First or
// Publish after a timeout, because the command may have had an effect. Instead,
// the test runs the whole suite again, in another process.
func TestConformance(t *testing.T) {
	const child = "BEARERGUARD_DEFAULT_TIMEOUT"
	for name, connect := range clients {
		t.Run(name, func(t *testing.T) {
			for suite, run := range suites {
				t.Run(suite, func(t *testing.T) {
					if os.Getenv(child) != "" {
						redis := startServer(t)
						redis.restrict()
						run(t, newFleet(t, connect(t, []*server{redis}), longWindow, defaultTimeout))
						return
					}
					for range 20 {
						pattern := "^" + strings.ReplaceAll(t.Name(), "/", "$/^") + "$"
						command := exec.CommandContext(t.Context(), os.Args[0], "-test.run", pattern)
						command.Env = append(os.Environ(), child+"=1")
						out, err := command.CombinedOutput()
						if err == nil {
							return
						}
						if !bytes.Contains(out, []byte("reason=timeout")) {
							t.Fatalf("got a failure without a timeout:\n%s", out)
						}
						t.Log("repeated: a command took too long")
					}
					t.Error("got commands that take too long in 20 runs")
				})
			}
		})
	}
}

func TestConformanceOfACluster(t *testing.T) {
	nodes := startCluster(t)
	for _, node := range nodes {
		node.restrict("+cluster|slots", "+command")
	}
	t.Run("clients", func(t *testing.T) { // Run returns after all parallel subtests have ended
		for name, connect := range clients {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				f := newFleet(t, connect(t, nodes), longWindow, func(c *redisstore.Config) { c.Prefix = "bg:1:" + name + ":" })
				for suite, run := range suites {
					t.Run(suite, func(t *testing.T) { run(t, f) })
				}
			})
		}
	})
	for _, node := range nodes {
		if size, _ := node.do("DBSIZE").(int64); size < 1000 {
			t.Errorf("a node has %d keys, want its share", size)
		}
		info, _ := node.do("INFO", "server").(string)
		_, version, _ := strings.Cut(info, "redis_version:")
		version, _, _ = strings.Cut(version, "\r")
		t.Logf("redis_version:%s", version)
	}
}

// newKey returns the key of a new proof.
func newKey() (key [32]byte) {
	_, _ = rand.Read(key[:]) // never fails
	return key
}
