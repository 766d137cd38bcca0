package performance

import (
	"fmt"
	"html"
	"strings"
)

// The dimensions of the plot, in pixels.
const (
	rowHeight = 28
	barsTop   = 72
	barsLeft  = 350 // x-coordinate at which the bars begin
	longest   = 300 // width of the longest bar
)

const (
	head = `<svg xmlns="http://www.w3.org/2000/svg" width="720" height="%[1]d" viewBox="0 0 720 %[1]d" role="img" aria-labelledby="title desc">
<!-- Drawn by proof/bench/performance from the table of docs/performance.md; do not edit. -->
<title id="title">Time to verify an RS256 token, relative to raw crypto</title>
<desc id="desc">%[2]s.</desc>
<style>
svg { font: 12px system-ui, "Segoe UI", Helvetica, Arial, sans-serif }
.paper { fill: #ffffff } text { fill: #1f2328 } .bar { fill: #8c959f } .ours { fill: #0969da }
.small { fill: #59636e; font-size: 11px }
@media (prefers-color-scheme: dark) {
.paper { fill: #0d1117 } text { fill: #f0f6fc } .bar { fill: #656c76 } .ours { fill: #4493f8 }
.small { fill: #9198a1 }
}
</style>
<rect class="paper" width="720" height="%[1]d" rx="6"/>
<text x="20" y="30" font-size="15" font-weight="600">Time to verify an RS256 token, relative to raw crypto</text>
<text class="small" x="20" y="50">Shorter is faster. Raw crypto checks the signature with the standard library, and nothing else.</text>
`
	bar = `<g transform="translate(%d %d)">
<text x="-10" y="18" text-anchor="end">%s</text><rect class="%s" y="5" width="%.1f" height="18" rx="2"/><text x="%.1f" y="18">%.2f ×</text>
</g>
`
	foot = `<text class="small" x="20" y="%d">%s</text>
</svg>
`
)

// Plot draws the table as an SVG image with a bar for each row.
func (t Table) Plot() string {
	most := 0.0
	var values []string
	for _, r := range t.Rows {
		most = max(most, r.Ratio)
		values = append(values, fmt.Sprintf("%s: %.2f ×", r.Name, r.Ratio))
	}
	bottom := barsTop + rowHeight*len(t.Rows)

	var b strings.Builder
	fmt.Fprintf(&b, head, bottom+40, html.EscapeString(strings.Join(values, "; ")))
	for i, r := range t.Rows {
		class := "bar"
		if strings.HasPrefix(r.Name, "Bearerguard") {
			class = "bar ours"
		}
		width := r.Ratio / most * longest
		fmt.Fprintf(&b, bar, barsLeft, barsTop+rowHeight*i, html.EscapeString(r.Name), class, width, width+6, r.Ratio)
	}
	fmt.Fprintf(&b, foot, bottom+24, html.EscapeString(strings.ReplaceAll(t.Under, "`", "")))
	return b.String()
}
