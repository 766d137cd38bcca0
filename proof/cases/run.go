package cases

import (
	"bytes"
	"testing"
)

// tests lists the tests that every adapter must pass.
var tests = []struct {
	name string
	run  func(*testing.T, []Framework)
}{
	{"EveryAdapterAnswersAsTheTableSays", everyAdapterAnswersAsTheTableSays},
	{"EveryAdapterAnswersOpaqueTokensAsTheTableSays", everyAdapterAnswersOpaqueTokensAsTheTableSays},
	{"EveryAdapterChecksProofs", everyAdapterChecksProofs},
	{"TheSchemeAndTheBindingDecideTogether", theSchemeAndTheBindingDecideTogether},
	{"EveryAdapterAsksForNonces", everyAdapterAsksForNonces},
	{"AClientFollowsTheNonces", aClientFollowsTheNonces},
	{"OfParallelUsesOfAProofOnePasses", ofParallelUsesOfAProofOnePasses},
	{"NestedRoutesMarkAProofOnce", nestedRoutesMarkAProofOnce},
	{"AMarkLastsAsLongAsItsProof", aMarkLastsAsLongAsItsProof},
	{"AStoreThatFailsIsUnavailable", aStoreThatFailsIsUnavailable},
	{"MachinesShareAStore", machinesShareAStore},
	{"AMalformedHostChangesNoURL", aMalformedHostChangesNoURL},
	{"AForwardedRequestNeedsItsProof", aForwardedRequestNeedsItsProof},
	{"TheLogSaysWhichPartOfAProofDiffers", theLogSaysWhichPartOfAProofDiffers},
	{"OpaqueTokensAreBound", opaqueTokensAreBound},
	{"ABindingOfTheAnswerCountsForAJWT", aBindingOfTheAnswerCountsForAJWT},
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

// run sends each row of a group to all adapters, with all methods and over all
// protocols.
func (l *lab) run(t *testing.T, g group) {
	t.Helper()
	if len(g.rows) == 0 {
		t.Fatalf("%s has no rows", g.id)
	}
	for _, r := range g.rows {
		t.Run(g.id+"/"+r.name, func(t *testing.T) {
			for _, target := range l.targets {
				if r.protocol != "" && r.protocol != target.protocol {
					continue
				}
				for _, method := range methods {
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
