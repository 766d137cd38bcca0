package middleware

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/fetch"
	"github.com/bearerguard/bearerguard/internal/jws"
	"github.com/bearerguard/bearerguard/internal/strictjson"
	"github.com/bearerguard/bearerguard/jwks"
)

// check returns every fault of an issuer.
func (i Issuer) check(audience string) (faults []error) {
	if v := reflect.ValueOf(i.Keys); v.Kind() == reflect.Pointer && v.IsNil() {
		return []error{fmt.Errorf("the field Keys is a nil %T: check the error that its constructor returned", i.Keys)}
	}
	return slices.Concat(i.checkNames(), i.checkAudience(audience), i.checkKind(), i.checkClaims(), i.checkIntrospection(), i.checkAlgorithms())
}

// checkNames returns the faults in the identifiers of the issuer, and in the
// locations of its keys and metadata.
func (i Issuer) checkNames() (faults []error) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }

	if i.Fault != nil {
		faults = append(faults, i.Fault)
	}
	elsewhere := i.MetadataURL != "" || i.MetadataIssuer != ""
	if i.Keys != nil || i.KeysURL != "" || elsewhere || i.IntrospectionMode == IntrospectAll {
		if err := fetch.CheckText(i.URL); err != nil {
			fault("URL: %w", err)
		}
	} else if err := fetch.CheckIssuer(i.URL, i.InsecureHTTP); err != nil {
		fault("URL: %w", err)
	}
	for _, alias := range i.Aliases {
		if err := fetch.CheckText(alias); err != nil {
			fault("Aliases: %w", err)
		}
	}
	if i.Keys != nil && (elsewhere || i.Client != nil || i.KeysURL != "" || i.KeyUse != nil) {
		fault("Keys cannot be combined with KeysURL, KeyUse, MetadataURL, MetadataIssuer or Client, because the verifier fetches nothing if Keys is set. If Keys is a jwks.Remote, set its Client in jwks.Options")
	}
	if i.KeysURL != "" {
		if err := fetch.CheckURL(i.KeysURL, i.InsecureHTTP); err != nil {
			fault("KeysURL: %w", err)
		}
		if elsewhere {
			fault("KeysURL cannot be combined with MetadataURL or MetadataIssuer, because no metadata is fetched if KeysURL is set")
		}
	}
	if i.KeyUse != nil && (len(i.KeyUse) == 0 || slices.Contains(i.KeyUse, "")) {
		fault("KeyUse must not be empty or contain an empty string. To accept keys with the use \"sig\" and keys without use, leave KeyUse nil")
	}
	if i.MetadataURL != "" {
		if err := fetch.CheckURL(i.MetadataURL, i.InsecureHTTP); err != nil {
			fault("MetadataURL: %w", err)
		}
	} else if i.MetadataIssuer != "" {
		if err := fetch.CheckIssuer(i.MetadataIssuer, i.InsecureHTTP); err != nil {
			fault("MetadataIssuer: %w", err)
		}
	}
	if i.SubjectPrefix != "" && (!strings.HasSuffix(i.SubjectPrefix, "/") || i.Keys == nil && i.KeysURL == "" || i.Profile == RFC9068) {
		fault("SubjectPrefix must end in a slash. It can be used only with Keys or KeysURL, and not with Profile RFC9068, because RFC 9068 requires iss, and SubjectPrefix is for tokens without iss")
	}
	return append(faults, i.checkTenants()...)
}

func (i Issuer) checkTenants() (faults []error) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }

	if i.isTemplate() != (strings.Count(i.URL, tenantID) == 1) {
		fault("if Tenants or AnyTenant is set, URL must contain %s exactly once; otherwise URL must not contain it", tenantID)
	}
	if !i.isTemplate() {
		return faults
	}
	if len(i.Tenants) > 0 && i.AnyTenant {
		fault("AnyTenant cannot be combined with Tenants: set only one of them")
	}
	for _, tenant := range i.Tenants {
		if !isGUID(tenant) {
			fault("Tenants: %q is not a GUID in lower case", tenant)
		}
	}
	if i.Keys == nil && i.KeysURL == "" && i.MetadataURL == "" {
		fault("Tenants (or AnyTenant) needs MetadataURL, KeysURL or Keys. For example, set MetadataURL to https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration")
	}
	if len(i.Aliases) > 0 || i.SubjectPrefix != "" || i.Introspection != nil {
		fault("Tenants (or AnyTenant) cannot be combined with Aliases, SubjectPrefix or Introspection")
	}
	return faults
}

func (i Issuer) checkAudience(audience string) (faults []error) {
	fault := func(text string) { faults = append(faults, errors.New(text)) }

	switch {
	case i.InsecureNoAudience && (len(i.Audiences) > 0 || i.AudienceClaim != ""):
		fault("InsecureNoAudience cannot be combined with Audiences or AudienceClaim, because it turns off the check of the audience")
	case i.InsecureNoAudience && i.Profile == RFC9068:
		fault("InsecureNoAudience cannot be combined with Profile RFC9068, which requires the audience to be checked")
	case i.InsecureNoAudience && i.Purpose == IDTokens:
		fault("InsecureNoAudience cannot be combined with Purpose IDTokens: ID tokens of all clients would be accepted")
	case i.Purpose == IDTokens && len(i.Audiences) == 0:
		fault("Purpose IDTokens needs Audiences: list the client IDs whose ID tokens are accepted")
	case !i.InsecureNoAudience && len(i.Audiences) == 0 && audience == "":
		fault("the audience is missing: set Config.Audience or the issuer's Audiences")
	}
	if slices.Contains(i.Audiences, "") {
		fault("Audiences contains an empty string")
	}
	if i.AudienceClaim != "" && i.AudienceClaim != "aud" && i.Profile == RFC9068 {
		fault("AudienceClaim cannot be combined with Profile RFC9068, which requires the audience in aud")
	}
	return faults
}

// otherTypes are media types of JWTs that are neither access nor ID tokens.
var otherTypes = []string{
	"dpop+jwt", "logout+jwt", "secevent+jwt", "token-introspection+jwt", "oauth-authz-req+jwt", "client-authentication+jwt",
	"oauth-client-attestation+jwt", "oauth-client-attestation-pop+jwt", "entity-statement+jwt", "kb+jwt", "dc+sd-jwt", "vc+sd-jwt", "jwe", "jwk+json", "jwk-set+json",
}

// checkKind returns the faults in the fields that determine which kind of JWT
// is accepted.
func (i Issuer) checkKind() (faults []error) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }

	if i.Profile != ProfileAny && i.Profile != RFC9068 {
		fault("Profile %d is unknown: use ProfileAny or RFC9068", i.Profile)
	}
	if i.Purpose != AccessTokens && i.Purpose != IDTokens {
		fault("Purpose %d is unknown: use AccessTokens or IDTokens", i.Purpose)
	}
	if i.Profile == RFC9068 && (i.Purpose == IDTokens || len(i.Types) > 0) {
		fault("Profile RFC9068 cannot be combined with Purpose IDTokens or Types, because this profile accepts only the typ at+jwt")
	}
	for _, typ := range i.Types {
		kind := kindOf(typ)
		if kind == "" || slices.Contains(otherTypes, kind) || kind == "at+jwt" && i.Purpose == IDTokens {
			fault("Types: %q is not a type of the tokens that Purpose selects", typ)
		}
	}
	if i.Mark == "" {
		return faults
	}
	name, text, hasText := strings.Cut(i.Mark, "=")
	switch {
	case name == "", hasText && text == "":
		fault("Mark %q: write the name of a claim, or NAME=TEXT", i.Mark)
	case i.marksAnother(name, text):
		fault("Mark %q is a claim that other kinds of tokens have too: name a claim that only the accepted tokens of the issuer have", i.Mark)
	}
	return faults
}

func (i Issuer) checkClaims() (faults []error) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }

	mark, _, _ := strings.Cut(i.Mark, "=")
	for _, name := range slices.Concat([]string{i.AudienceClaim, mark}, i.ScopeClaims, i.ClientIDClaims) {
		if name = strings.TrimPrefix(name, keysPrefix); strings.HasPrefix(name, "/") && !strictjson.Pointer(name).IsValid() {
			fault("%q is not a JSON Pointer (RFC 6901)", name)
		}
	}
	if slices.Contains(i.ScopeClaims, "") || slices.Contains(i.ScopeClaims, keysPrefix) {
		fault("ScopeClaims contains an empty string")
	}
	if slices.Contains(i.ClientIDClaims, "") {
		fault("ClientIDClaims contains an empty string")
	}
	return faults
}

// checkAlgorithms returns the faults in the algorithms. It also ensures that
// HS256, HS384 and HS512 are used only with secrets, and other algorithms only
// with public keys. A published key set can therefore never provide a secret
// (RFC 8725 §2.1).
func (i Issuer) checkAlgorithms() (faults []error) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }

	served, secret := isSecret(i.Keys)
	if i.Secrets != nil {
		if secret {
			fault("Secrets cannot be combined with Keys made by jwks.Secret: set only one of them")
		}
		if served, secret = isSecret(i.Secrets); !secret {
			fault("Secrets must be made by jwks.Secret. For public keys, set Keys instead")
			return faults
		}
		if len(served) == 0 {
			fault("the secret of Secrets is too short: HS256 needs 32 bytes (RFC 7518 §3.2)")
		}
	}
	if i.Algorithms == nil && (!secret || i.Secrets != nil) {
		return faults
	}
	if len(i.Algorithms) == 0 {
		fault("Algorithms is empty. For a secret, list its algorithms (HS256, HS384, HS512); for asymmetric keys, leave Algorithms nil")
	}
	for _, algorithm := range i.Algorithms {
		switch known := jws.Find(algorithm); {
		case known == nil:
			fault("algorithm %q is not supported", algorithm)
		case secret != known.Symmetric() && (!secret || i.Secrets == nil):
			fault("algorithm %q does not match Keys: HS256, HS384 and HS512 can be used only with keys of jwks.Secret, and other algorithms only with other keys", algorithm)
		case known.Symmetric() && !slices.Contains(served, algorithm):
			fault("the secret is too short for %s: it must be at least as long as the hash (RFC 7518 §3.2)", algorithm)
		}
	}
	return faults
}

// isSecret reports whether keys were made by [jwks.Secret], or are a Source of
// another package whose method Algorithms returns HS256, HS384 or HS512. It
// also returns the algorithms for which the secret is long enough.
func isSecret(keys jwks.Source) (served []string, secret bool) {
	fixed, ok := keys.(interface{ Algorithms() []string })
	if !ok {
		return nil, false
	}
	served = fixed.Algorithms()
	return served, len(served) == 0 || jws.Find(served[0]) != nil && jws.Find(served[0]).Symmetric()
}
