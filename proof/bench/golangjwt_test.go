package bench_test

import (
	"encoding/json"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
)

// verifies returns an error unless a key of the set, which is in JSON, signed
// the token.
func verifies(set []byte, token string) error {
	k, err := keyfunc.NewJWKSetJSON(json.RawMessage(set))
	if err != nil {
		return err
	}
	_, err = jwt.Parse(token, k.Keyfunc)
	return err
}
