package middleware

import (
	"context"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/jws"
	"github.com/bearerguard/bearerguard/jwks"
)

// issuer is a configured Issuer with its defaults filled in.
type issuer struct {
	Issuer
	keys           jwks.Source // nil if no token is verified locally
	perTenant      perTenant   // for an issuer with tenants or from IssuerFor, same as keys if keys has the method KeyFor; otherwise nil
	prepared       *jws.Prepared
	algorithms     []*jws.Algorithm
	audiences      []string
	audienceClaim  string
	scopeClaims    []scopeClaim
	clientIDClaims []string
	types          []string // typ, normalized by kindOf
	before, after  string   // URL before and after {tenantid}
	finder         *finder  // nil if not from IssuerFor
}

type perTenant interface {
	KeyFor(ctx context.Context, issuer, kid, alg string) (any, error)
}

func (v *Verifier) newIssuer(config Issuer) (*issuer, error) {
	for _, list := range []*[]string{
		&config.Aliases, &config.KeyUse, &config.Tenants, &config.Audiences, &config.Algorithms, &config.Types, &config.ScopeClaims, &config.ClientIDClaims,
	} {
		*list = slices.Clone(*list)
	}
	i := &issuer{
		Issuer: config, keys: config.Keys, prepared: new(jws.Prepared), audienceClaim: config.AudienceClaim,
		audiences: config.Audiences, scopeClaims: scopeClaims(config.ScopeClaims), clientIDClaims: config.ClientIDClaims,
	}
	for _, name := range config.Algorithms {
		i.algorithms = append(i.algorithms, jws.Find(name))
	}
	if i.algorithms == nil {
		i.algorithms = jws.Asymmetric()
		if config.Secrets != nil {
			for _, name := range config.Secrets.Algorithms() {
				i.algorithms = append(i.algorithms, jws.Find(name))
			}
		}
	}
	for _, typ := range config.Types {
		i.types = append(i.types, kindOf(typ))
	}
	if len(i.audiences) == 0 {
		i.audiences = []string{v.audience}
	}
	if i.audienceClaim == "" {
		i.audienceClaim = "aud"
	}
	if len(i.scopeClaims) == 0 {
		i.scopeClaims = scopeClaims([]string{"scope", "scp"})
	}
	if i.clientIDClaims == nil {
		i.clientIDClaims = []string{"client_id", "azp"}
	}
	if i.keys == nil && i.IntrospectionMode != IntrospectAll {
		remote, err := v.discover(config)
		if err != nil {
			return nil, err
		}
		i.keys = remote
	}
	if i.isTemplate() {
		i.before, i.after, _ = strings.Cut(config.URL, tenantID)
		i.perTenant, _ = i.keys.(perTenant)
	}
	return i, nil
}

func (v *Verifier) discover(config Issuer) (*jwks.Remote, error) {
	options := jwks.Options{
		Client: v.client, InsecureHTTP: config.InsecureHTTP, MetadataURL: config.MetadataURL, Use: config.KeyUse, Logger: v.logger.With("issuer", config.URL),
	}
	if config.Client != nil {
		options.Client = config.Client
	}
	if config.KeysURL != "" {
		return jwks.NewRemote(config.KeysURL, options)
	}
	name := config.URL
	if config.MetadataIssuer != "" {
		name = config.MetadataIssuer
	}
	return jwks.Discover(name, options)
}

// add registers an issuer, so that issuerOf can find it.
func (v *Verifier) add(i *issuer) {
	v.issuers = append(v.issuers, i)
	if i.isTemplate() {
		v.templates = append(v.templates, i)
		return
	}
	for _, text := range append([]string{i.URL}, i.Aliases...) {
		v.byName[strings.TrimSuffix(text, "/")] = i
	}
	if i.SubjectPrefix != "" {
		v.bySubject = append(v.bySubject, i)
	}
	if i.Introspection != nil {
		v.introspecting = i
	}
}

// issuerOf returns the accepted issuer that the claims of a token identify. If
// no accepted issuer matches, it returns ErrIssuer.
func (v *Verifier) issuerOf(ctx context.Context, c *claims) (*issuer, error) {
	var one *issuer
	if !c.named {
		one = v.ofSubject(c.subject)
	} else if one = v.named(c.issuer); one != nil {
		if !one.isNamed(c.issuer) || !one.isOf(c.subject) {
			one = nil
		}
	} else if one = v.ofTenant(c.issuer); one != nil {
		if c.issuer != one.before+c.tenant()+one.after {
			one = nil
		}
	} else if v.finder != nil && v.finder.matches(c.issuer) {
		return v.finder.issuer(ctx, c.issuer)
	}
	if one == nil {
		return nil, ErrIssuer
	}
	return one, nil
}

// named returns the configured issuer that has iss as its URL or as an alias. A
// trailing slash is ignored. For an unknown issuer, named returns nil.
func (v *Verifier) named(iss string) *issuer { return v.byName[strings.TrimSuffix(iss, "/")] }

// isNamed reports whether iss is exactly the URL or an alias of the issuer.
func (i *issuer) isNamed(iss string) bool { return iss == i.URL || slices.Contains(i.Aliases, iss) }

// ofTenant returns the issuer whose URL equals iss when {tenantid} is replaced
// by an accepted tenant. It returns nil for an unknown issuer.
func (v *Verifier) ofTenant(iss string) *issuer {
	for _, one := range v.templates {
		tenant, starts := strings.CutPrefix(iss, one.before)
		tenant, ends := strings.CutSuffix(tenant, one.after)
		if starts && ends && isGUID(tenant) && (one.AnyTenant || slices.Contains(one.Tenants, tenant)) {
			return one
		}
	}
	return nil
}

// isGUID reports whether a string is a GUID in lower case (RFC 9562 §4).
func isGUID(text string) bool {
	for i := range len(text) {
		switch c := text[i]; i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if hexDigit(c) < 0 || c < '0' || 'A' <= c && c <= 'F' {
				return false
			}
		}
	}
	return len(text) == 36
}

// ofSubject returns the issuer whose SubjectPrefix matches the subject, or nil.
// It is used for tokens without iss.
func (v *Verifier) ofSubject(subject string) *issuer {
	for _, one := range v.bySubject {
		if one.isOf(subject) {
			return one
		}
	}
	return nil
}

// isOf reports whether the SubjectPrefix of the issuer allows a subject.
func (i *issuer) isOf(subject string) bool {
	return i.SubjectPrefix == "" || strings.HasPrefix(subject, i.SubjectPrefix) && len(subject) > len(i.SubjectPrefix)
}
