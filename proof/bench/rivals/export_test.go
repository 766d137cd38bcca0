package rivals

// Measure returns the table.
var Measure = measure

// Row is a row of the table.
type Row = row

// Set changes the cell of an API in a row.
func (t table) Set(row, api, text string) {
	for _, r := range t.Rows {
		for i, a := range t.APIs {
			if r.Name == row && a.Name == api {
				r.Cells[i] = text
			}
		}
	}
}
