package rivals

import "context"

// Cell is one result of the table.
type Cell struct{ Rival, Row, Text string }

// Measure returns the page and what is in its table.
func Measure(ctx context.Context) (string, []Cell, error) {
	t, err := measure(ctx)
	if err != nil {
		return "", nil, err
	}
	var cells []Cell
	for i, r := range t.Rivals {
		for _, row := range t.Rows {
			cells = append(cells, Cell{Rival: r.Name, Row: row.Name, Text: row.Cells[i]})
		}
	}
	text, err := t.render()
	return text, cells, err
}
