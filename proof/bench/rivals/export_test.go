package rivals

import "context"

// Cell is one result of the table.
type Cell struct{ API, Row, Text string }

// Measure returns the page and what is in its table.
func Measure(ctx context.Context) (string, []Cell, error) {
	t, err := measure(ctx)
	if err != nil {
		return "", nil, err
	}
	var cells []Cell
	for i, a := range t.APIs {
		for _, row := range t.Rows {
			cells = append(cells, Cell{API: a.Name, Row: row.Name, Text: row.Cells[i]})
		}
	}
	text, err := t.render()
	return text, cells, err
}
