package main

import (
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestEveryRivalTellsGoodTokensFromBad(t *testing.T) {
	for _, r := range rivals() {
		for _, ttl := range []time.Duration{0, time.Minute} {
			t.Run(r.String()+"/ttl="+ttl.String(), func(t *testing.T) {
				as := testserver.New(t, testserver.SigningAlg(testserver.RS256), testserver.Audience(audience))
				v, err := (&trial{rival: r, as: as}).open(t.Context(), ttl)
				if err != nil {
					t.Fatal(err)
				}
				if err := v.Verify(t.Context(), as.Token()); err != nil {
					t.Errorf("a good token: got %v, want no error", err)
				}
				for _, defect := range []testserver.Defect{
					testserver.BadSignature, testserver.ForeignKeySameKid, testserver.UnknownKid, testserver.AlgNone,
					testserver.Expired, testserver.WrongIssuer, testserver.WrongAudience,
				} {
					if v.Verify(t.Context(), as.Token(testserver.With(defect))) == nil {
						t.Errorf("%s: got no error, want one", defect)
					}
				}
			})
		}
	}
}
