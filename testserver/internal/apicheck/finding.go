package apicheck

import (
	"fmt"
	"strings"

	"github.com/bearerguard/bearerguard/testserver/internal/journal"
)

// finding is a failure of the API and the first probe that revealed the
// failure.
type finding struct {
	kind      string
	probe     probe
	got, want string
	others    []string // names of other probes that revealed the failure
}

// note adds a finding. If a finding of the same kind exists, note only adds the
// probe to that finding, because many probes usually reveal the same mistake.
func (r *run) note(p probe, kind, got, want string) {
	for i := range r.findings {
		if f := &r.findings[i]; f.kind == kind {
			if p.name != f.probe.name {
				f.others = append(f.others, p.name)
			}
			return
		}
	}
	r.findings = append(r.findings, finding{kind: kind, probe: p, got: got, want: want})
}

// result converts the finding to a Result.
func (f finding) result() Result {
	why, fix := f.probe.why, f.probe.fix
	if text, ok := general[f.kind]; ok {
		why, fix = text.why, text.fix
	}
	return Result{f.kind, false, f.got, f.want, f.sent(), why, fix}
}

func (f finding) sent() string {
	var b strings.Builder
	b.WriteString(f.probe.sent)
	for _, token := range f.probe.tokens {
		fmt.Fprintf(&b, ", fingerprint %s", journal.Fingerprint(token))
	}
	if n := len(f.others); n > 0 {
		const shown = 6
		fmt.Fprintf(&b, "; the same for %s", strings.Join(f.others[:min(n, shown)], ", "))
		if n > shown {
			fmt.Fprintf(&b, " and %d more", n-shown)
		}
	}
	return b.String()
}
