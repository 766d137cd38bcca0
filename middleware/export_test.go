package middleware

import "fmt"

// StepTable is the table of steps in Markdown, with all of its columns or the
// first two.
func StepTable(whole bool) string {
	table := "| step | what it demands |\n|---|---|\n"
	if whole {
		table = "| step | what it demands | of | again for | of the answer about a JWT | source |\n|---|---|---|---|---|---|\n"
	}
	for _, s := range steps {
		table += fmt.Sprintf("| %s | %s |", s.name, s.about)
		if whole {
			answer := ""
			if s.answer {
				answer = "yes"
			}
			table += fmt.Sprintf(" %s | %s | %s | %s |", s.of.name, s.often, answer, s.source)
		}
		table += "\n"
	}
	return table
}

// AddStep adds one to those of a Verifier, before the others, and counts how often
// it is made.
func (v *Verifier) AddStep(name string, made *int) {
	v.steps = append([]step{
		{name, "nothing", func(*decision) error { *made++; return nil }, everyToken, eachRoute, true, nil, ""},
	}, v.steps...)
}
