package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bearerguard/bearerguard/proof/program"
	"github.com/bearerguard/bearerguard/testserver"
)

const (
	audience = "api"
	origin   = "https://api.example.com"
	scope    = "items:write"
	apis     = 10              // processes of examples/api
	linked   = 3               // number of processes that reach Redis through the link
	maxTTL   = 5 * time.Second // introspect.Config.MaxTTL
	maxLag   = 10 * time.Second
)

// fleet contains the servers and processes of a run.
type fleet struct {
	as     *testserver.Server
	redis  *process
	link   *link
	apis   []*process
	proxy  *process
	url    string                // URL of the proxy
	direct []string              // URLs of the processes
	cut    []int                 // the processes that reach Redis through the link
	skews  map[int]time.Duration // clock errors by process
	secret string
	client *redis.Client
	dir    string
}

const haproxyConfig = `
global
	hard-stop-after 1s
	nbthread 1
defaults
	mode http
	timeout connect 1s
	timeout client 30s
	timeout server 10s
	option redispatch 1
	option httpchk GET /healthz
	default-server check inter 100ms fall 2 rise 1
frontend front
	bind ADDRESS
	default_backend fleet
backend fleet
	balance roundrobin
	http-response set-header X-Server %s
`

var frameworks = []string{"http", "echo", "echo5", "gin"}

// startFleet starts all servers and processes. order contains the numbers of
// the processes in random order. The first of them reach Redis through the
// link. The clocks of the last two are wrong by skew: one clock is ahead, and
// the other one is behind.
func startFleet(ctx context.Context, order []int, skew time.Duration) (f *fleet, err error) {
	f = &fleet{cut: slices.Sorted(slices.Values(order[:linked])), secret: rand.Text() + rand.Text()}
	f.skews = map[int]time.Duration{order[apis-2]: skew, order[apis-1]: -skew}
	defer func() {
		if err != nil {
			f.stop()
		}
	}()
	if f.dir, err = os.MkdirTemp("", "fleet"); err != nil {
		return f, err
	}
	root, build := filepath.Join("..", ".."), buildSkewed
	if skew == 0 {
		build = func(ctx context.Context, root, dir string) (string, error) {
			return program.Build(ctx, root, "./examples/api", dir)
		}
	}
	file, err := build(ctx, root, f.dir)
	if err != nil {
		return f, err
	}
	if f.as, err = testserver.Start(ctx, testserver.Audience(audience)); err != nil {
		return f, err
	}
	if err := f.startRedis(ctx); err != nil {
		return f, err
	}
	for i := range apis {
		if err := f.startAPI(ctx, file, i); err != nil {
			return f, err
		}
	}
	return f, f.startProxy(ctx)
}

func (f *fleet) startRedis(ctx context.Context) error {
	file, err := lookUp("redis-server")
	if err != nil {
		return err
	}
	address, err := freeAddress()
	if err != nil {
		return err
	}
	host, port, _ := net.SplitHostPort(address)
	redis.SetLogger(silent{})
	f.client = redis.NewClient(&redis.Options{Addr: address, ContextTimeoutEnabled: true})
	f.redis = &process{
		name: "redis-server", file: file, dir: f.dir,
		arguments: []string{"--bind", host, "--port", port, "--save", "", "--maxmemory-policy", "noeviction"},
		ready:     func(ctx context.Context) error { return f.client.Ping(ctx).Err() },
	}
	if f.link, err = newLink(address); err != nil {
		return err
	}
	return f.redis.start(ctx)
}

// silent is a logger for go-redis that discards everything. Otherwise, go-redis
// would log each injected fault.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

func (f *fleet) startAPI(ctx context.Context, file string, i int) error {
	address, err := freeAddress()
	if err != nil {
		return err
	}
	server := f.client.Options().Addr
	if slices.Contains(f.cut, i) {
		server = f.link.listener.Addr().String()
	}
	url := "http://" + address
	p := &process{
		name: fmt.Sprint("process ", i), file: file,
		env: []string{
			"LISTEN=" + address, "FRAMEWORK=" + frameworks[i%len(frameworks)], "ISSUER=" + f.as.Issuer(), "AUDIENCE=" + audience, "ORIGIN=" + origin,
			"REDIS_URL=redis://" + server, "REDIS_SECRET=" + f.secret,
			"INTROSPECTION_CLIENT_ID=" + f.as.DefaultClient().ID, "INTROSPECTION_CLIENT_SECRET=" + f.as.DefaultClient().Secret,
			"INTROSPECTION_MAX_TTL=" + maxTTL.String(), skewVariable + "=" + strconv.Itoa(int(f.skews[i].Seconds())),
		},
		ready: func(ctx context.Context) error { return healthy(ctx, url) },
	}
	f.apis, f.direct = append(f.apis, p), append(f.direct, url)
	return p.start(ctx)
}

func (f *fleet) startProxy(ctx context.Context) error {
	file, err := lookUp("haproxy")
	if err != nil {
		return err
	}
	address, err := freeAddress()
	if err != nil {
		return err
	}
	config := strings.Replace(haproxyConfig, "ADDRESS", address, 1)
	for i, url := range f.direct {
		config += fmt.Sprintf("\tserver %d %s\n", i, strings.TrimPrefix(url, "http://"))
	}
	name := filepath.Join(f.dir, "haproxy.cfg")
	if err := os.WriteFile(name, []byte(config), 0o600); err != nil {
		return err
	}
	f.url = "http://" + address
	f.proxy = &process{name: "haproxy", file: file, arguments: []string{"-db", "-f", name}, ready: listening(address)}
	return f.proxy.start(ctx)
}

var errUnhealthy = errors.New("not healthy")

// healthy returns nil if /healthz of a process answers 200.
func healthy(ctx context.Context, url string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/healthz", http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errUnhealthy
	}
	return nil
}

// stop ends everything that was started.
func (f *fleet) stop() {
	for _, p := range slices.Concat([]*process{f.proxy}, f.apis, []*process{f.redis}) {
		if p != nil {
			p.kill()
		}
	}
	if f.link != nil {
		_ = f.link.listener.Close()
	}
	if f.client != nil {
		_ = f.client.Close()
	}
	if f.as != nil {
		_ = f.as.Close()
	}
	_ = os.RemoveAll(f.dir)
}
