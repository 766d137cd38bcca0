package middleware

import (
	"context"
	"fmt"
	"reflect"
)

// StepTable returns the table of steps in Markdown.
func StepTable() string {
	table := "| step | what it requires | for | repeated for | also for | source |\n|---|---|---|---|---|---|\n"
	for _, s := range steps {
		table += fmt.Sprintf("| %s | %s | %s | %s | %s | %s |\n", s.name, s.about, s.of.name, s.repeat, s.also, s.source)
	}
	return table
}

// AddStep adds a step before all other steps of a Verifier. Each run of this
// step increments *made.
func (v *Verifier) AddStep(name string, made *int) {
	v.setSteps(append([]step{
		{name, "nothing", func(*decision) error { *made++; return nil }, everyToken, perRoute, answers | signals, nil, ""},
	}, v.steps...))
}

// Left verifies a token and releases the decision. It returns the names of the
// fields and buffers of the decision that are not zero afterwards. No other
// decision may run at the same time.
func (v *Verifier) Left(token string) (parts []string) {
	d := v.begin(context.Background())
	d.token = token
	_ = d.decide()
	d.release()
	members, audiences, granted := d.claims.members, d.claims.audiences, d.claims.granted
	d.claims.members, d.claims.audiences, d.claims.granted = nil, nil, nil
	for name, part := range map[string]any{"input": d.input, "findings": d.findings, "claims": d.claims} {
		if !reflect.ValueOf(part).IsZero() {
			parts = append(parts, name)
		}
	}
	for name, room := range map[string]any{
		"members": members[:cap(members)], "audiences": audiences[:cap(audiences)], "granted": granted[:cap(granted)], "bytes": d.bytes[:cap(d.bytes)],
	} {
		for i := range reflect.ValueOf(room).Len() {
			if !reflect.ValueOf(room).Index(i).IsZero() {
				parts = append(parts, name)
				break
			}
		}
	}
	return parts
}

// NormalOrigin returns the normal form of an origin, or an error.
var NormalOrigin = normalOrigin

// CachedSigners returns the number of cached keys of clients.
func (v *Verifier) CachedSigners() (n int) {
	for i := range v.dpop.signers.slots {
		if v.dpop.signers.slots[i].Load() != nil {
			n++
		}
	}
	return n
}
