package middleware

import (
	"context"
	"fmt"
	"reflect"
)

// StepTable is the table of steps in Markdown.
func StepTable() string {
	table := "| step | what it demands | for | repeated for | also for an answer about a JWT | source |\n|---|---|---|---|---|---|\n"
	for _, s := range steps {
		answer := ""
		if s.answer {
			answer = "yes"
		}
		table += fmt.Sprintf("| %s | %s | %s | %s | %s | %s |\n", s.name, s.about, s.of.name, s.often, answer, s.source)
	}
	return table
}

// AddStep adds one to those of a Verifier, before the others, and counts how often
// it is made.
func (v *Verifier) AddStep(name string, made *int) {
	v.make(append([]step{
		{name, "nothing", func(*decision) error { *made++; return nil }, everyToken, perRoute, true, nil, ""},
	}, v.steps...))
}

// Left decides about a token and returns which parts of the decision still hold
// something once it has been released. No other decision may be under way.
func (v *Verifier) Left(token string) (parts []string) {
	d := v.begin(context.Background())
	d.token = token
	_ = d.decide()
	d.release()
	members, audiences, granted := d.claims.members, d.claims.audiences, d.claims.granted
	d.claims.members, d.claims.audiences, d.claims.granted = nil, nil, nil
	for name, part := range map[string]any{"question": d.question, "findings": d.findings, "claims": d.claims} {
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
