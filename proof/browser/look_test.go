package browser_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
)

// faint is a script that finds text with a contrast of less than 4.5 (WCAG 2.2
// §1.4.3).
const faint = `(() => {
	const rgba = s => { const [r, g, b, a = 1] = s.match(/[\d.]+/g).map(Number); return [r, g, b, a]; };
	const backdrop = e => {
		for (; e; e = e.parentElement) {
			const c = rgba(getComputedStyle(e).backgroundColor);
			if (c[3] === 1) return c;
		}
		return [255, 255, 255, 1];
	};
	const light = c => c.slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
		.reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const found = [];
	for (const e of document.body.querySelectorAll('*')) {
		const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || e.matches('input, textarea, select');
		if (!own || e.type === 'hidden' || !e.checkVisibility()) continue;
		const [x, y] = [light(rgba(getComputedStyle(e).color)), light(backdrop(e))].sort((a, b) => b - a);
		const ratio = (x + 0.05) / (y + 0.05);
		if (!(ratio >= 4.5)) found.push(e.tagName + ' ' + (e.textContent || e.name).slice(0, 30) + ' ' + ratio.toFixed(2));
	}
	return found;
})()`

// wide is a script that finds elements which extend beyond the window.
const wide = `(() => {
	const width = document.documentElement.clientWidth;
	const found = [...document.body.querySelectorAll('*')].filter(e => e.checkVisibility() && e.getBoundingClientRect().right > width + 0.5)
		.map(e => e.tagName + ' ' + e.textContent.slice(0, 30));
	if (document.documentElement.scrollWidth > width) found.push('the page, ' + document.documentElement.scrollWidth + ' wide');
	return found;
})()`

// small is a script that finds buttons and fields that, like their label, are
// less than 24 pixels high (WCAG 2.2 §2.5.8). It does not check the width.
const small = `[...document.querySelectorAll('button, input:not([type=hidden]), select, textarea, summary')]
	.filter(e => { const r = e.getBoundingClientRect(); const l = e.labels?.[0]?.getBoundingClientRect(); return Math.max(r.height, l?.height ?? 0) < 24; })
	.map(e => e.tagName + ' ' + e.name)`

func TestPagesFitEveryWindowAndColorScheme(t *testing.T) {
	address, _ := newSite(t)
	for _, path := range slices.Sorted(maps.Keys(views)) {
		t.Run(path[1:], func(t *testing.T) {
			b := newTab(t)
			// The background shows that the stylesheet applies. Without the
			// stylesheet, the body would be transparent in both color schemes.
			for scheme, backdrop := range map[string]string{"light": "rgb(243, 244, 248)", "dark": "rgb(18, 19, 26)"} {
				for _, width := range []int64{360, 1280} {
					b.scheme(scheme)
					b.do(chromedp.EmulateViewport(width, 800), chromedp.Navigate(address+path))
					if got := eval[int64](b, `innerWidth`); got != width {
						t.Fatalf("got a window %d wide, want %d", got, width)
					}
					if got := eval[string](b, `getComputedStyle(document.body).backgroundColor`); got != backdrop {
						t.Errorf("%s: got the background %s, want %s", scheme, got, backdrop)
					}
					for fault, question := range map[string]string{"faint": faint, "wide": wide, "small": small} {
						if got := eval[[]string](b, question); len(got) > 0 {
							t.Errorf("%s at %d: got elements that are too %s: %q", scheme, width, fault, got)
						}
					}
				}
			}
		})
	}
}
