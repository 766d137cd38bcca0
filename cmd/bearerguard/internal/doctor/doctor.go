package doctor

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/bearerguard/bearerguard/internal/fetch"
)

// ErrURL means that the URL to check cannot be the URL of an API.
var ErrURL = errors.New("want the http or https URL of a protected route. User information and a fragment are not allowed")

// examination is the state of one run.
type examination struct {
	client  *http.Client
	target  *url.URL // the URL to check
	base    *url.URL // target without its query
	named   string   // URL of the metadata in the challenge; "" if the URL is absent or barred
	noRoute bool     // the URL is not a GET route: the API need not have metadata there
	places  map[string]place
	slow    []string // URLs whose answers were slow
	report  Report
}

// Run checks the API at a URL. A nil transport means [http.DefaultTransport].
// If the URL is invalid, Run returns [ErrURL]. If the API does not answer the
// first request, Run returns the error of that request. If ctx ends, Run
// returns the error of ctx. Findings are not errors.
func Run(ctx context.Context, transport http.RoundTripper, address string) (Report, error) {
	target, err := url.Parse(address)
	if err != nil || target.Scheme != "http" && target.Scheme != "https" || target.Hostname() == "" || target.User != nil || strings.Contains(address, "#") {
		return Report{}, ErrURL
	}
	base := *target
	base.RawQuery, base.ForceQuery = "", false
	x := &examination{client: newClient(transport), target: target, base: &base, places: map[string]place{}, report: Report{URL: address}}
	bounded, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	first := x.send(bounded, http.MethodGet, target.String(), nil)
	if first.err != nil {
		return Report{}, first.err
	}
	x.https()
	challenges := x.challenges(first)
	x.named = x.pointer(challenges)
	at := x.metadata(bounded, x.named)
	var issuers []string
	if at.doc == nil {
		x.skip(aboutResource, aboutMatch, aboutLocation, aboutOwn, aboutRoot)
		x.host(bounded, challenges, at)
		x.skip(aboutHead, aboutCORS, aboutScopes, aboutMethods, aboutServers)
	} else {
		x.resource(bounded, at)
		x.host(bounded, challenges, at)
		x.head(bounded, at.url)
		x.cors(bounded, at.url)
		x.members(challenges, at.doc)
		issuers = x.servers(at.doc.servers)
	}
	if len(x.slow) == 0 {
		x.pass(aboutTime, "")
	} else {
		x.warn(aboutTime, finding{problem: "some answers are slow", got: strings.Join(x.slow, ", "),
			remedy: "Build the metadata document once, when the API starts, and send Cache-Control, so that a cache can answer."})
	}
	for _, issuer := range issuers {
		x.issuer(bounded, issuer)
	}
	return x.report, ctx.Err()
}

func (x *examination) https() {
	if err := fetch.CheckURL(x.target.String(), false); err != nil {
		x.fail(aboutHTTPS, finding{problem: "tokens are sent without encryption", got: x.target.String(), remedy: "Serve the API over https only."})
		return
	}
	x.pass(aboutHTTPS, "")
}

// metadata returns the place where it finds the metadata document. It first
// tries the URL from the challenges (pointer), unless this is "". It then tries
// the well-known URLs of the requested URL and of the host. If it finds no
// document, the doc of the result is nil.
func (x *examination) metadata(ctx context.Context, pointer string) place {
	addresses := []string{wellKnown(x.base), origin(x.base) + wellKnownPath}
	if pointer != "" {
		addresses = append([]string{pointer}, addresses...)
	}
	var faults []place
	for _, address := range addresses {
		p := x.at(ctx, address)
		if p.doc == nil {
			faults = append(faults, p)
			continue
		}
		if pointer == "" || p.url == pointer {
			x.pass(aboutMetadata, p.url)
			return p
		}
		x.noMetadata(faults[0])
		return p
	}
	x.noMetadata(faults[0])
	return place{}
}

func (x *examination) noMetadata(p place) {
	if x.noRoute {
		x.skip(aboutMetadata)
		return
	}
	f := p.fault
	f.got = strings.TrimSpace(f.got + " at " + p.url)
	x.fail(aboutMetadata, f)
}
