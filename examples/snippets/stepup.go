package snippets

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/oauth2"
)

var parameter = regexp.MustCompile(`(\w+)="([^"]*)"`)

// stepUp returns the URL where the user can authenticate as the API requires.
// If the API does not require a new authentication, stepUp returns "".
func stepUp(app oauth2.Config, answer *http.Response, state, verifier string) string {
	asked := map[string]string{}
	challenges := strings.Join(answer.Header.Values("WWW-Authenticate"), ", ") // one challenge per scheme
	for _, match := range parameter.FindAllStringSubmatch(challenges, -1) {
		asked[match[1]] = match[2]
	}
	if asked["error"] != "insufficient_user_authentication" {
		return ""
	}
	app.Scopes = slices.Concat(app.Scopes, strings.Fields(asked["scope"])) // scopes that the API requires, if the token lacks any of them
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(verifier)}
	for _, name := range []string{"acr_values", "max_age"} {
		if asked[name] != "" {
			options = append(options, oauth2.SetAuthURLParam(name, asked[name]))
		}
	}
	return app.AuthCodeURL(state, options...)
}
