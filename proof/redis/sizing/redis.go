package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"os"
)

// redisServer is a redis-server that only this program uses. Its socket is in a
// temporary directory.
type redisServer struct {
	client  *redis.Client
	version string
	stop    func()
}

func startRedis(ctx context.Context) (*redisServer, error) {
	dir, err := os.MkdirTemp("", "sizing")
	if err != nil {
		return nil, err
	}
	socket := filepath.Join(dir, "redis.sock")
	command := exec.CommandContext(ctx, "redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--dir", dir) //nolint:gosec // a directory of its own
	out, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: socket, ContextTimeoutEnabled: true})
	s := &redisServer{client: client, stop: func() {
		_ = client.Close()
		_ = command.Process.Kill()
		_ = command.Wait()
		_ = os.RemoveAll(dir)
	}}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.Contains(lines.Text(), "ready to accept connections") {
			s.version, err = s.info(ctx, "server", "redis_version")
			return s, err
		}
	}
	s.stop()
	return nil, errors.New("redis-server did not start")
}

// info returns one value of the answer to INFO.
func (s *redisServer) info(ctx context.Context, section, name string) (string, error) {
	text, err := s.client.Info(ctx, section).Result()
	if err != nil {
		return "", err
	}
	_, rest, ok := strings.Cut(text, "\r\n"+name+":")
	if !ok {
		return "", fmt.Errorf("INFO %s has no %s", section, name)
	}
	value, _, _ := strings.Cut(rest, "\r\n")
	return value, nil
}

// usage contains the memory that Redis uses now. It also contains the CPU time
// that Redis has used, and the bytes that it has sent, since it started.
type usage struct {
	bytes   float64 // memory in use now
	seconds float64 // CPU time
	sent    float64 // bytes sent to clients
}

func (s *redisServer) usage(ctx context.Context) (u usage, err error) {
	for _, value := range []struct {
		section, name string
		to            *float64
	}{
		{"memory", "used_memory", &u.bytes},
		{"cpu", "used_cpu_user", &u.seconds},
		{"cpu", "used_cpu_sys", &u.seconds},
		{"stats", "total_net_output_bytes", &u.sent},
	} {
		text, err := s.info(ctx, value.section, value.name)
		if err != nil {
			return usage{}, err
		}
		number, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return usage{}, err
		}
		*value.to += number
	}
	return u, nil
}
