package main

import (
	"context"
	"fmt"
	"io"
	"sync"
	"syscall"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// injector injects the faults of a schedule.
type injector struct {
	fleet    *fleet
	began    time.Time
	onStorm  func(context.Context) (probe func(), err error)
	mu       sync.Mutex
	out      io.Writer
	injected []fault
	errs     []error
}

// run injects the faults and returns when all of them have ended.
func (j *injector) run(ctx context.Context, faults []fault) {
	var all sync.WaitGroup
	for _, f := range faults {
		all.Go(func() {
			if !wait(ctx, time.Until(j.began.Add(f.began))) {
				return
			}
			lasts := f.ended - f.began
			f.began = time.Since(j.began)
			err := j.inject(ctx, &f, lasts)
			j.mu.Lock()
			defer j.mu.Unlock()
			if err != nil && ctx.Err() == nil {
				j.errs = append(j.errs, fmt.Errorf("%s: %w", f.name, err))
			}
			j.injected = append(j.injected, f)
		})
	}
	all.Wait()
}

// inject causes the fault f and sets f.ended. A storm ends when the feed has
// stored the revocations of the storm. Every other fault ends after the given
// duration.
func (j *injector) inject(ctx context.Context, f *fault, lasts time.Duration) (err error) {
	switch f.name {
	case killed:
		return j.kill(ctx, f, lasts)
	case paused:
		j.log("%s", f.name)
		if err = j.fleet.redis.cmd.Process.Signal(syscall.SIGSTOP); err == nil {
			wait(ctx, lasts)
			err = j.fleet.redis.cmd.Process.Signal(syscall.SIGCONT)
		}
	case emptied:
		j.fleet.redis.kill()
		j.log("%s; the killed one last printed:\n%s", f.name, &j.fleet.redis.output)
		wait(ctx, lasts)
		err = j.fleet.redis.start(ctx)
	case cutOff:
		j.log("%s between Redis and the processes %v", f.name, f.servers)
		j.fleet.link.cut.Lock()
		wait(ctx, lasts)
		j.fleet.link.cut.Unlock()
	case introspectionDown:
		j.log("%s", f.name)
		fault := j.fleet.as.Inject(testserver.EndpointIntrospect, testserver.Status(503))
		wait(ctx, lasts)
		fault.Remove()
	case rotated:
		j.log("%s: another key is published, and signs %v later", f.name, lasts)
		j.fleet.as.Rotate(testserver.Rotation{PublishFirst: true})
		if wait(ctx, lasts) {
			j.fleet.as.Rotate()
		}
	case storm:
		j.log("%s", f.name)
		var probe func()
		probe, err = j.onStorm(ctx)
		defer probe()
	}
	f.ended = time.Since(j.began)
	j.log("end of: %s", f.name)
	return err
}

// kill kills processes and starts them again.
func (j *injector) kill(ctx context.Context, f *fault, lasts time.Duration) error {
	for _, i := range f.servers {
		p := j.fleet.apis[i]
		p.kill()
		j.log("%s: %d, which last printed:\n%s", f.name, i, &p.output)
	}
	wait(ctx, lasts)
	f.ended = time.Since(j.began)
	for _, i := range f.servers {
		if err := j.fleet.apis[i].start(ctx); err != nil {
			return err
		}
	}
	j.log("end of: %s: %v; they are healthy", f.name, f.servers)
	return nil
}

// log prints a line with the time since the start.
func (j *injector) log(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	fmt.Fprintf(j.out, "%7.2f s  %s\n", time.Since(j.began).Seconds(), fmt.Sprintf(format, args...))
}
