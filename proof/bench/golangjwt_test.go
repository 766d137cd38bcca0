package bench_test

import (
	"encoding/json"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
)

// verifies returns nil if the token was signed with a key of the JSON key set,
// and otherwise an error.
func verifies(set []byte, token string) error {
	k, err := keyfunc.NewJWKSetJSON(json.RawMessage(set))
	if err != nil {
		return err
	}
	_, err = jwt.Parse(token, k.Keyfunc)
	return err
}
