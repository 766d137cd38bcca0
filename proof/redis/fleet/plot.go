package main

import (
	"fmt"
	"html"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The dimensions of the plot, in pixels, and the number of buckets of time.
const (
	plotLeft   = 220
	plotWidth  = 480
	faultsTop  = 64
	faultsStep = 22
	curvesHigh = 150
	buckets    = 120
)

const (
	plotHead = `<svg xmlns="http://www.w3.org/2000/svg" width="720" height="%[1]d" viewBox="0 0 720 %[1]d" role="img" aria-labelledby="title desc">
<!-- Drawn by make fleet; do not edit. -->
<title id="title">Answers of a fleet of ten processes while faults are injected</title>
<desc id="desc">%[2]s.</desc>
<style>
svg { font: 12px system-ui, "Segoe UI", Helvetica, Arial, sans-serif }
.paper { fill: #ffffff } text { fill: #1f2328 } .fault { fill: #8c959f } .small { fill: #59636e; font-size: 11px }
.accepted { stroke: #0969da } .unavailable { stroke: #cf222e } .accepted, .unavailable { fill: none; stroke-width: 1.5 }
.axis { stroke: #8c959f; stroke-width: 1 }
@media (prefers-color-scheme: dark) {
.paper { fill: #0d1117 } text { fill: #f0f6fc } .fault { fill: #656c76 } .small { fill: #9198a1 }
.accepted { stroke: #4493f8 } .unavailable { stroke: #f85149 }
}
</style>
<rect class="paper" width="720" height="%[1]d" rx="6"/>
<text x="20" y="30" font-size="15" font-weight="600">Answers of a fleet of ten processes while faults are injected</text>
`
	plotBar = `<rect class="fault" x="%.1f" y="%d" width="%.1f" height="12" rx="2"/>
`
	plotCurve = `<polyline class="%s" points="%s"/>
`
)

// plot draws the faults, and the answers per second, as an SVG image.
func (r *report) plot(events []event) string {
	x := func(at time.Duration) float64 { return plotLeft + plotWidth*min(at.Seconds()/r.duration.Seconds(), 1) }
	var names, texts []string
	for _, f := range r.faults {
		if !slices.Contains(names, f.name) {
			names = append(names, f.name)
		}
		texts = append(texts, fmt.Sprintf("%s at %.1f s for %.1f s", f.describe(), f.began.Seconds(), (f.ended-f.began).Seconds()))
	}
	curvesTop := faultsTop + faultsStep*len(names) + 20
	bottom := curvesTop + curvesHigh

	var b strings.Builder
	fmt.Fprintf(&b, plotHead, bottom+62, html.EscapeString(strings.Join(texts, "; ")))
	for i, name := range names {
		y := faultsTop + faultsStep*i
		fmt.Fprintf(&b, "<text x=\"20\" y=\"%d\">%s</text>\n", y+10, html.EscapeString(name))
		for _, f := range r.faults {
			if f.name == name {
				fmt.Fprintf(&b, plotBar, x(f.began), y, max(x(f.ended)-x(f.began), 3))
			}
		}
	}
	accepted, unavailable, most := r.perSecond(events)
	for _, c := range []struct {
		class string
		rates [buckets]float64
	}{{"accepted", accepted}, {"unavailable", unavailable}} {
		var points []string
		for i, rate := range c.rates {
			points = append(points, fmt.Sprintf("%.1f,%.1f", plotLeft+plotWidth*(float64(i)+0.5)/buckets, float64(bottom)-curvesHigh*rate/most))
		}
		fmt.Fprintf(&b, plotCurve, c.class, strings.Join(points, " "))
	}
	fmt.Fprintf(&b, `<path class="axis" d="M%d %dH%d"/>`+"\n", plotLeft, bottom, plotLeft+plotWidth)
	fmt.Fprintf(&b, `<text x="20" y="%d">accepted per second</text><path class="accepted" d="M150 %[2]dh40"/>`+"\n", curvesTop+20, curvesTop+16)
	fmt.Fprintf(&b, `<text x="20" y="%d">503 per second</text><path class="unavailable" d="M150 %[2]dh40"/>`+"\n", curvesTop+42, curvesTop+38)
	fmt.Fprintf(&b, `<text class="small" x="%d" y="%d" text-anchor="end">%.0f</text><text class="small" x="%[1]d" y="%[4]d" text-anchor="end">0</text>`+"\n", plotLeft-6, curvesTop+8, most, bottom)
	fmt.Fprintf(&b, `<text class="small" x="%d" y="%d">0 s</text><text class="small" x="%d" y="%[2]d" text-anchor="end">%.0[4]f s</text>`+"\n", plotLeft, bottom+16, plotLeft+plotWidth, r.duration.Seconds())
	fmt.Fprintf(&b, `<text class="small" x="20" y="%d">%s</text>`+"\n</svg>\n", bottom+46, html.EscapeString(strings.ReplaceAll(r.under, "`", "")))
	return b.String()
}

// perSecond returns the accepted requests per second and the 503s per second,
// for each bucket of time. The third result is the largest of these rates, but
// at least 1.
func (r *report) perSecond(events []event) (accepted, unavailable [buckets]float64, most float64) {
	most = 1
	perBucket := r.duration.Seconds() / buckets
	for _, e := range events {
		i := int(e.sent.Seconds() / perBucket)
		if i >= buckets {
			continue
		}
		rates := &accepted
		switch e.status {
		case http.StatusOK:
		case http.StatusServiceUnavailable:
			rates = &unavailable
		default:
			continue
		}
		rates[i] += 1 / perBucket
		most = max(most, rates[i])
	}
	return accepted, unavailable, most
}
