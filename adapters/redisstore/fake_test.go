package redisstore_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"
)

// fake is a Redis with the commands that a Store sends. The tests of
// proof/redis use a real Redis.
type fake struct {
	mu     sync.Mutex
	values map[string]string
	ends   map[string]time.Time // expiry of keys with a lifetime
	stream []fakeEntry

	down     bool
	other    string        // a key that causes WRONGTYPE
	bytes    bool          // answers are []byte
	repeat   bool          // sends each command twice, as a client does after a lost answer
	hang     chan struct{} // if not nil, calls ignore their context until hang is closed
	longest  time.Duration // longest timeout of a command
	commands [][]any
}

type fakeEntry struct {
	id     string // all IDs have the same length, so that they can be compared as text
	fields []any
}

func newFake() *fake {
	return &fake{values: make(map[string]string), ends: make(map[string]time.Time)}
}

var errDown = errors.New("dial tcp 192.0.2.1:6379: connection refused")

func (f *fake) do(ctx context.Context, args ...any) (any, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	deadline, ok := ctx.Deadline()
	if !ok {
		panic("a command without a deadline")
	}
	f.longest = max(f.longest, time.Until(deadline))
	if hang := f.hang; hang != nil {
		f.mu.Unlock()
		<-hang
		f.mu.Lock()
	}
	if f.down {
		return nil, errDown
	}
	if args[1] == f.other {
		return nil, errors.New("WRONGTYPE the message of the server")
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
	f.commands = append(f.commands, args)
	key := args[1].(string)
	if end, ok := f.ends[key]; ok && !time.Now().Before(end) {
		f.remove(key)
	}
	old, exists := f.values[key]
	switch args[0] {
	case "GET":
		if !exists {
			return nil
		}
		return old
	case "PEXPIRE":
		end, has := f.ends[key]
		next := time.Now().Add(lifetime(args[2]))
		if exists && (len(args) == 3 || args[3] == "NX" && !has || args[3] == "GT" && has && next.After(end)) {
			f.ends[key] = next
		}
		return int64(1)
	case "SET":
		return f.set(key, old, exists, args[2].(string), args[3:])
	case "XADD":
		f.values[key] = "a stream"
		id := fmt.Sprintf("%d-%06d", time.Now().UnixMilli(), len(f.commands))
		f.stream = append(f.stream, fakeEntry{id, args[3:]})
		return id
	case "XRANGE":
		n, _ := strconv.Atoi(args[5].(string))
		var list []any
		for i := 0; exists && i < len(f.stream) && len(list) < n; i++ {
			if e := f.stream[i]; args[2] == "-" || e.id >= args[2].(string) {
				list = append(list, []any{e.id, e.fields})
			}
		}
		return list
	case "XDEL":
		f.stream = slices.DeleteFunc(f.stream, func(e fakeEntry) bool { return slices.Contains(args[2:], any(e.id)) })
		return int64(0)
	case "GETEX":
		if !exists {
			return nil
		}
		f.ends[key] = time.Now().Add(lifetime(args[3]))
		return old
	case "BITFIELD": // GET i64 0 INCRBY u32 #n 1
		n, _ := strconv.Atoi(args[7].(string)[1:])
		value := append([]byte(old), make([]byte, max(0, 4*n+4-len(old)))...)
		own := binary.BigEndian.Uint32(value[4*n:]) + 1
		binary.BigEndian.PutUint32(value[4*n:], own)
		f.values[key] = string(value)
		return []any{int64(binary.BigEndian.Uint64(value)), int64(own)}
	}
	panic(args[0])
}

func (f *fake) set(key, old string, exists bool, value string, options []any) any {
	if !slices.Contains(options, "PX") {
		panic("a key without a lifetime")
	}
	if exists || !slices.Contains(options, "XX") {
		if !exists || !slices.Contains(options, "NX") {
			f.values[key], f.ends[key] = value, time.Now().Add(lifetime(options[len(options)-1]))
		}
	}
	switch {
	case !slices.Contains(options, "GET"):
		return "OK"
	case exists:
		return old
	}
	return nil
}

func lifetime(arg any) time.Duration {
	ms, err := strconv.ParseInt(arg.(string), 10, 64)
	if err != nil || ms <= 0 {
		panic("a lifetime that is not positive")
	}
	return time.Duration(min(ms, 1<<43)) * time.Millisecond // a Duration is at most 292 years
}

func (f *fake) remove(key string) {
	if f.values[key] == "a stream" {
		f.stream = nil
	}
	delete(f.values, key)
	delete(f.ends, key)
}

func (f *fake) flush() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.values)
	clear(f.ends)
	f.stream = nil
}

func (f *fake) setDown(down bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = down
}

func (f *fake) setStream(change func([]fakeEntry) []fakeEntry) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stream = change(f.stream)
}
