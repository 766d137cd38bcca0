// The path is not the directory's: only what is named below testserver may import its pages.
module github.com/bearerguard/bearerguard/testserver/internal/browser

go 1.26.0

replace github.com/bearerguard/bearerguard => ../..

require (
	github.com/bearerguard/bearerguard v0.0.0-00010101000000-000000000000
	github.com/chromedp/cdproto v0.159.0
	github.com/chromedp/chromedp v0.23.0
)

require (
	github.com/go-jose/go-jose/v4 v4.1.8 // indirect
	github.com/go-json-experiment/json v0.0.0-20260820222146-c27c302e5fc3 // indirect
)
