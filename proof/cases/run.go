package cases

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// tests lists the tests that every adapter must pass.
var tests = []struct {
	name string
	run  func(*testing.T, []Framework)
}{
	{"EveryAdapterAnswersAsTheTableSays", everyAdapterAnswersAsTheTableSays},
	{"EveryAdapterAnswersOpaqueTokensAsTheTableSays", everyAdapterAnswersOpaqueTokensAsTheTableSays},
	{"EveryAdapterChecksProofs", everyAdapterChecksProofs},
	{"TheBindingAndWhatProvesItDecideTogether", theBindingAndWhatProvesItDecideTogether},
	{"EveryAdapterAsksForNonces", everyAdapterAsksForNonces},
	{"AClientFollowsTheNonces", aClientFollowsTheNonces},
	{"OfParallelUsesOfAProofOnePasses", ofParallelUsesOfAProofOnePasses},
	{"NestedRoutesStoreOneReplayEntry", nestedRoutesStoreOneReplayEntry},
	{"AReplayEntryLastsAsLongAsItsProof", aReplayEntryLastsAsLongAsItsProof},
	{"AStoreThatFailsIsUnavailable", aStoreThatFailsIsUnavailable},
	{"MachinesShareAStore", machinesShareAStore},
	{"AMalformedHostChangesNoURL", aMalformedHostChangesNoURL},
	{"AForwardedRequestNeedsItsProof", aForwardedRequestNeedsItsProof},
	{"TheLogSaysWhichPartOfAProofDiffers", theLogSaysWhichPartOfAProofDiffers},
	{"OpaqueTokensAreBound", opaqueTokensAreBound},
	{"ABindingOfTheAnswerCountsForAJWT", aBindingOfTheAnswerCountsForAJWT},
	{"EveryAdapterChecksCertificates", everyAdapterChecksCertificates},
	{"RequireBoundNeedsABinding", requireBoundNeedsABinding},
	{"ForwardedCertificatesNeedATrustedPeer", forwardedCertificatesNeedATrustedPeer},
	{"AProxyReplacesWhatItsClientsSend", aProxyReplacesWhatItsClientsSend},
	{"AConnectionHasOneCertificate", aConnectionHasOneCertificate},
	{"OpaqueTokensAreBoundToCertificates", opaqueTokensAreBoundToCertificates},
	{"TokensOfRealProviders", tokensOfRealProviders},
	{"MetadataIsServedAlike", metadataIsServedAlike},
	{"ASlashAtTheEndOfAPathIsKept", aSlashAtTheEndOfAPathIsKept},
	{"EveryChallengePointsToTheMetadata", everyChallengePointsToTheMetadata},
	{"NoPathSpellingBypassesARequirement", noPathSpellingBypassesARequirement},
	{"ErrorBodyChangesOnlyTheBody", errorBodyChangesOnlyTheBody},
	{"ADisconnectedClientDoesNotAffectOthers", aDisconnectedClientDoesNotAffectOthers},
	{"ARequestCanceledBeforeTheCheck", aRequestCanceledBeforeTheCheck},
	{"AHalfClosedConnectionIsAnswered", aHalfClosedConnectionIsAnswered},
	{"OnlyOpaqueTokensAreIntrospected", onlyOpaqueTokensAreIntrospected},
	{"TokensAreIntrospectedUnchanged", tokensAreIntrospectedUnchanged},
	{"IntrospectedJWTsGetTheSameAnswers", introspectedJWTsGetTheSameAnswers},
	{"ClientCredentialsAreEncoded", clientCredentialsAreEncoded},
	{"InvalidSignedAnswersAreRefused", invalidSignedAnswersAreRefused},
	{"ARevokedTokenPassesWhileItsAnswerIsCached", aRevokedTokenPassesWhileItsAnswerIsCached},
	{"ATokenIsRevokedWhileItIsCached", aTokenIsRevokedWhileItIsCached},
	{"AListThatLagsIsUnavailable", aListThatLagsIsUnavailable},
	{"ACachedAnswerIsEvaluatedForEachRequest", aCachedAnswerIsEvaluatedForEachRequest},
	{"ACachedAnswerBelongsToOneTokenOfOneServer", aCachedAnswerBelongsToOneTokenOfOneServer},
	{"AFloodOfUnknownTokensEvictsNoActiveToken", aFloodOfUnknownTokensEvictsNoActiveToken},
	{"ConcurrentRequestsShareOneIntrospection", concurrentRequestsShareOneIntrospection},
	{"NoTokenGetsTheAnswerOfAnother", noTokenGetsTheAnswerOfAnother},
	{"FailedIntrospectionIsUnavailable", failedIntrospectionIsUnavailable},
	{"IntrospectionFailuresAreLogged", introspectionFailuresAreLogged},
	{"UnreachableIntrospectionIsUnavailable", unreachableIntrospectionIsUnavailable},
	{"ASlowServerDelaysNoOtherToken", aSlowServerDelaysNoOtherToken},
	{"IntrospectionLeaksNoSecret", introspectionLeaksNoSecret},
}

// Test runs all cases against the adapters. All adapters must give the same
// answers.
func Test(t *testing.T, frameworks ...Framework) {
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.run(t, frameworks) })
	}
}

var methods = []string{"GET", "HEAD", "OPTIONS", "POST"}

func everyAdapterAnswersAsTheTableSays(t *testing.T, frameworks []Framework) {
	l := newLab(t, frameworks)
	groups := table(l.tokens)
	for _, g := range groups {
		l.run(t, g)
	}
	l.checkLog(t, groups)
}

// run sends each row of a group to all targets of the row's protocol, with each
// of the given methods. If no methods are given, run uses the methods list.
func (l *lab) run(t *testing.T, g group, only ...string) {
	t.Helper()
	if len(only) == 0 {
		only = methods
	}
	if len(g.rows) == 0 {
		t.Fatalf("%s has no rows", g.id)
	}
	for _, r := range g.rows {
		t.Run(g.id+"/"+r.name, func(t *testing.T) {
			for _, target := range l.targets {
				if r.protocol != "" && r.protocol != target.protocol {
					continue
				}
				for _, method := range only {
					target.check(t, method, r)
				}
			}
			if t.Failed() {
				t.Logf("why: %s", g.why)
			}
		})
	}
}

func (l *target) check(t *testing.T, method string, r row) {
	t.Helper()
	l.reached.reset()
	a := l.send(t, method, r.request)
	ran, _ := l.reached.reset()
	got, err := a.verdict()
	want := r.want.to(method)
	if err != nil {
		t.Errorf("%s: %s %s: %v", l.name, method, r.path, err)
	}
	if got != want {
		t.Errorf("%s: %s %s:\ngot  %+v\nwant %+v", l.name, method, r.path, got, want)
	}
	if passes := want.passes(); passes && ran != 1 || !passes && ran != 0 {
		t.Errorf("%s: %s %s: %d handlers ran for the answer %d", l.name, method, r.path, ran, want.status)
	}
	if bytes.Contains(a.raw, []byte(canary)) {
		t.Errorf("%s: %s %s: the answer contains the canary: %q", l.name, method, r.path, a.raw)
	}
}

// problem is an ErrorBody function that tries to change the status and the
// challenge of a refusal. The attempt must have no effect.
func problem(r *http.Request, e *middleware.Error) (contentType string, body []byte) {
	body, _ = json.Marshal(map[string]string{"problem": string(e.Code)}) // strings can always be encoded
	e.Code, e.Description, e.Scope = middleware.CodeUnavailable, "changed", scopes.Of("changed")
	e.ACR, e.MaxAge = []string{"changed"}, 1<<40
	r.Header.Set("WWW-Authenticate", "changed")
	return "application/problem+json", body
}

// withErrorBody returns the verdict that is expected if ErrorBody is the
// problem function.
func (v verdict) withErrorBody(t *testing.T) verdict {
	t.Helper()
	if v.passes() || v.stoppedByServer {
		return v
	}
	var body struct{ Error string }
	if err := json.Unmarshal([]byte(v.body), &body); err != nil {
		t.Fatal(err)
	}
	v.contentType, v.body = "application/problem+json", object("problem", body.Error)
	return v
}

func errorBodyChangesOnlyTheBody(t *testing.T, frameworks []Framework) {
	l := newLab(t, frameworks, func(a *API) { a.ErrorBody = problem })
	groups := slices.Concat(byRoute(l.tokens), stepUp(l.tokens), faults(l.tokens))
	for _, g := range groups {
		for i := range g.rows {
			g.rows[i].want = g.rows[i].want.withErrorBody(t)
		}
		g.why = "ErrorBody replaces only the content type and the body"
		l.run(t, g)
	}
	l.checkLog(t, groups)
}
