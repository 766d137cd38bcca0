package cases

import (
	"bytes"
	"testing"
)

// tests are all that an adapter must pass.
var tests = []struct {
	name string
	run  func(*testing.T, []Framework)
}{
	{"EveryAdapterAnswersAsTheTableSays", everyAdapterAnswersAsTheTableSays},
	{"EveryAdapterAnswersOpaqueTokensAsTheTableSays", everyAdapterAnswersOpaqueTokensAsTheTableSays},
	{"TokensOfRealProviders", tokensOfRealProviders},
	{"MetadataIsServedAlike", metadataIsServedAlike},
	{"ASlashAtTheEndOfAPathIsKept", aSlashAtTheEndOfAPathIsKept},
	{"EveryChallengePointsToTheMetadata", everyChallengePointsToTheMetadata},
	{"NoSpellingOfAPathGetsPastARequirement", noSpellingOfAPathGetsPastARequirement},
	{"AnErrorBodyChangesTheBodyAlone", anErrorBodyChangesTheBodyAlone},
	{"AClientThatLeavesIsNotServedAndHarmsNobody", aClientThatLeavesIsNotServedAndHarmsNobody},
	{"ARequestThatIsCanceledBefore", aRequestThatIsCanceledBefore},
	{"AClientThatHasSaidAllIsAnswered", aClientThatHasSaidAllIsAnswered},
	{"NothingIsAskedAboutThatNeedNotBe", nothingIsAskedAboutThatNeedNotBe},
	{"TokensAreAskedAboutAsTheyAre", tokensAreAskedAboutAsTheyAre},
	{"JWTsThatAreAskedAboutAreAnsweredAlike", jwtsThatAreAskedAboutAreAnsweredAlike},
	{"CredentialsAreEncodedAsTheServerReadsThem", credentialsAreEncodedAsTheServerReadsThem},
	{"SignedAnswersThatAreNotRightAreNone", signedAnswersThatAreNotRightAreNone},
	{"ATokenThatIsRevokedPassesWhileItsAnswerIsKept", aTokenThatIsRevokedPassesWhileItsAnswerIsKept},
	{"AnAnswerThatIsKeptIsJudgedForEachRequest", anAnswerThatIsKeptIsJudgedForEachRequest},
	{"AnAnswerIsKeptForOneTokenOfOneServer", anAnswerIsKeptForOneTokenOfOneServer},
	{"AFloodOfUnknownTokensPushesNoGoodOneOut", aFloodOfUnknownTokensPushesNoGoodOneOut},
	{"ManyRequestsWithOneTokenAreOneQuestion", manyRequestsWithOneTokenAreOneQuestion},
	{"NoAnswerIsGivenToAnotherToken", noAnswerIsGivenToAnotherToken},
	{"IntrospectionThatFailsIsUnavailableAndNothingElse", introspectionThatFailsIsUnavailableAndNothingElse},
	{"TheOperatorIsToldWhatTheClientIsNot", theOperatorIsToldWhatTheClientIsNot},
	{"IntrospectionThatCannotBeReachedIsUnavailable", introspectionThatCannotBeReachedIsUnavailable},
	{"ASlowServerCostsNobodyElseAnything", aSlowServerCostsNobodyElseAnything},
	{"NoPieceOfAnIntrospectionIsEverTold", noPieceOfAnIntrospectionIsEverTold},
}

// Test holds the adapters to every case, and to each other.
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

// run sends each row of a group by all methods to all adapters over all
// protocols.
func (l *lab) run(t *testing.T, g group) {
	t.Helper()
	if len(g.rows) == 0 {
		t.Fatalf("%s has no rows", g.id)
	}
	for _, r := range g.rows {
		t.Run(g.id+"/"+r.name, func(t *testing.T) {
			for _, line := range l.lines {
				if r.protocol != "" && r.protocol != line.protocol {
					continue
				}
				for _, method := range methods {
					line.check(t, method, r)
				}
			}
			if t.Failed() {
				t.Logf("why: %s", g.why)
			}
		})
	}
}

func (l *line) check(t *testing.T, method string, r row) {
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
		t.Errorf("%s: %s %s: %d handlers ran, and the answer is %d", l.name, method, r.path, ran, want.status)
	}
	if bytes.Contains(a.raw, []byte(canary)) {
		t.Errorf("%s: %s %s: a stranger's text came back in %q", l.name, method, r.path, a.raw)
	}
}
