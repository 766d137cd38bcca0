package redisstore_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"
)

// fake is a Redis with the commands for keys. The tests of proof/redis use a
// real one.
type fake struct {
	mu     sync.Mutex
	values map[string]string
	ends   map[string]time.Time

	down   bool
	bytes  bool // answers are []byte
	repeat bool // sends each command twice, as a client does after a lost answer
}

func newFake() *fake {
	return &fake{values: make(map[string]string), ends: make(map[string]time.Time)}
}

var errDown = errors.New("READONLY the message of the server")

func (f *fake) do(_ context.Context, args ...any) (any, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return nil, errDown
	}
	if f.repeat {
		f.run(args)
	}
	answer := f.run(args)
	if text, ok := answer.(string); ok && f.bytes {
		return []byte(text), nil
	}
	return answer, nil
}

func (f *fake) run(args []any) any {
	key := args[1].(string)
	if end, ok := f.ends[key]; ok && !time.Now().Before(end) {
		delete(f.values, key)
		delete(f.ends, key)
	}
	old, exists := f.values[key]
	switch args[0] {
	case "GET":
		if !exists {
			return nil
		}
		return old
	case "INCR":
		n, _ := strconv.ParseInt(old, 10, 64)
		f.values[key] = strconv.FormatInt(n+1, 10)
		return n + 1
	case "PEXPIRE":
		return int64(1)
	case "SET":
		nx, get := false, false
		var end time.Duration
		for i, arg := range args[3:] {
			switch arg {
			case "NX":
				nx = true
			case "GET":
				get = true
			case "PX":
				ms, _ := strconv.Atoi(args[3+i+1].(string))
				end = time.Duration(ms) * time.Millisecond
			}
		}
		if end <= 0 {
			panic("a key without a lifetime")
		}
		if !nx || !exists {
			f.values[key], f.ends[key] = args[2].(string), time.Now().Add(end)
		}
		if get && exists {
			return old
		}
		if get {
			return nil
		}
		return "OK"
	}
	panic(args[0])
}

func (f *fake) flush() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.values)
}

func (f *fake) setDown(down bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = down
}
