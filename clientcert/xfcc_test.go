package clientcert_test

import (
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/clientcert"
)

// These examples are from the page "HTTP header manipulation" in Envoy's
// documentation.
const (
	envoyURI = `By=http://frontend.lyft.com;Hash=468ed33be74eee6556d90c0149c1309e9ba61d6425303443c0748a02dd8de688;Subject="/C=US/ST=CA/L=San Francisco/OU=Lyft/CN=Test Client";URI=http://testclient.lyft.com`
	envoyTwo = `By=http://frontend.lyft.com;Hash=468ed33be74eee6556d90c0149c1309e9ba61d6425303443c0748a02dd8de688;URI=http://testclient.lyft.com,By=http://backend.lyft.com;Hash=9ba61d6425303443c0748a02dd8de688468ed33be74eee6556d90c0149c1309e;URI=http://frontend.lyft.com`
	envoyDNS = envoyURI + `;DNS=lyft.com;DNS=www.lyft.com`

	envoyFirst  = "Ro7TO-dO7mVW2QwBScEwnpumHWQlMDRDwHSKAt2N5og" // the Hash in base64url, computed with openssl base64
	envoySecond = "m6YdZCUwNEPAdIoC3Y3miEaO0zvnTu5lVtkMAUnBMJ4"
)

const (
	hash      = "Hash=" + leafHash
	otherHash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)

func TestXFCC(t *testing.T) {
	cert := `Cert="` + escaped(pemOf(0)) + `"`
	fields := []field{
		{"Envoy's example with a URI", envoyURI, envoyFirst, nil},
		{"Envoy's example with DNS names", envoyDNS, envoyFirst, nil},
		{"an empty field", "", "", nil},
		{"the hash", hash, leafThumbprint, nil},
		{"the hash in capitals", "Hash=" + strings.ToUpper(leafHash), leafThumbprint, nil},
		{"the hash in quotes", `Hash="` + leafHash + `"`, leafThumbprint, nil},
		{"the key in capitals", "HASH=" + leafHash, leafThumbprint, nil},
		{"the key in lower case, last", "by=a;uri=b;hash=" + leafHash, leafThumbprint, nil},
		{"the certificate", cert, leafThumbprint, nil},
		{"the certificate without quotes", "Cert=" + escaped(pemOf(0)), leafThumbprint, nil},
		{"hash and certificate", hash + ";" + cert, leafThumbprint, nil},
		{"certificate and hash", cert + ";" + hash, leafThumbprint, nil},
		{"the chain, too", hash + ";" + cert + `;Chain="` + escaped(pemOf(0, 1)) + `"`, leafThumbprint, nil},
		{"values that are empty", `By=;` + hash + `;Subject="";URI=`, leafThumbprint, nil},
		{"values with equals signs", "By=a=b;" + hash + ";URI=http://a/?b=c", leafThumbprint, nil},
		{"separators in quotes", `By="a,b;Hash=c";` + hash + `;Subject="CN=a,O=b;c"`, leafThumbprint, nil},
		{"an equals sign and a quote in quotes", `Subject="CN=\"a=\",Hash=\"";` + hash, leafThumbprint, nil},
		{"escaped quotes", `Subject="CN=\"a\",O=\"b\"";` + hash, leafThumbprint, nil},
		{"a backslash at the end of a value", `Subject="CN=a\\";` + hash, leafThumbprint, nil},
		{"backslash and quote at the end of a value", `Subject="CN=a\\\"";` + hash, leafThumbprint, nil},
		{"a hash that quotes hide", `Subject="CN=\";Hash=` + otherHash + `;O=\"";` + hash, leafThumbprint, nil},

		{"no hash and no certificate", "By=a;URI=b", "", clientcert.ErrNoHash},
		{"two certificates in Cert", `Cert="` + escaped(pemOf(0, 1)) + `"`, "", clientcert.ErrSeveral},
		{"the hash of another certificate", hash + `;Cert="` + escaped(pemOf(1)) + `"`, "", clientcert.ErrDiffering},
		{"only the chain", `Chain="` + escaped(pemOf(0)) + `"`, "", clientcert.ErrNoHash},
		{"Hash in quotes of another value", `Subject="Hash=` + leafHash + `"`, "", clientcert.ErrNoHash},
		{"hash and certificate differ", "Hash=" + otherHash + ";" + cert, "", clientcert.ErrDiffering},
		{"certificate and hash differ", cert + ";Hash=" + otherHash, "", clientcert.ErrDiffering},
		{"a chain in Cert", `Cert="` + escaped(pemOf(0, 1)) + `"`, "", clientcert.ErrSeveral},
		{"a chain in Cert, with the hash", hash + `;Cert="` + escaped(pemOf(0, 1)) + `"`, "", clientcert.ErrSeveral},
		{"Cert that is not a certificate", hash + ";Cert=a", "", clientcert.ErrMalformed},
		{"Cert in quotes twice", `Cert="\"\""`, "", clientcert.ErrMalformed},
		{"Cert in quotes twice, with the hash", hash + `;Cert="\"\""`, "", clientcert.ErrMalformed},
		{"two elements", hash + "," + hash, "", clientcert.ErrSeveral},
		{"Envoy's example with two elements", envoyTwo, "", clientcert.ErrSeveral},
		{"a second element without a hash", hash + ",By=a", "", clientcert.ErrSeveral},
		{"the hash twice", hash + ";" + hash, "", clientcert.ErrMalformed},
		{"the hash twice, in another case", hash + ";hash=" + leafHash, "", clientcert.ErrMalformed},
		{"the certificate twice", cert + ";" + cert, "", clientcert.ErrMalformed},
		{"a second hash in a URI", hash + ";URI=http://a;Hash=" + otherHash, "", clientcert.ErrMalformed},
		{"a second element in a URI", hash + ";URI=http://a,Hash=" + otherHash, "", clientcert.ErrSeveral},
		{"an empty hash", "Hash=", "", clientcert.ErrMalformed},
		{"an empty hash in quotes", `Hash=""`, "", clientcert.ErrMalformed},
		{"an empty hash, then a hash", "Hash=;" + hash, "", clientcert.ErrMalformed},
		{"an empty certificate", hash + ";Cert=", "", clientcert.ErrMalformed},
		{"a hash that is too short", "Hash=" + leafHash[2:], "", clientcert.ErrMalformed},
		{"a hash that is too long", hash + "00", "", clientcert.ErrMalformed},
		{"a hash of SHA-1", "Hash=" + leafHash[:40], "", clientcert.ErrMalformed},
		{"half of a byte", "Hash=" + leafHash[1:], "", clientcert.ErrMalformed},
		{"a hash in base64url", "Hash=" + leafThumbprint, "", clientcert.ErrMalformed},
		{"a hash with colons", "Hash=" + leafHash[:2] + ":" + leafHash[2:], "", clientcert.ErrMalformed},
		{"a space before the hash", "Hash= " + leafHash, "", clientcert.ErrMalformed},
		{"a space before the key", "By=a; " + hash, "", clientcert.ErrMalformed},
		{"a space after the key", "Hash =" + leafHash, "", clientcert.ErrMalformed},
		{"no key", "=" + leafHash, "", clientcert.ErrMalformed},
		{"no value", "Hash", "", clientcert.ErrMalformed},
		{"no value, then a hash", "By;" + hash, "", clientcert.ErrMalformed},
		{"a key in quotes", `"Hash"=` + leafHash, "", clientcert.ErrMalformed},
		{"a quote that is not closed", hash + `;Subject="CN=a`, "", clientcert.ErrMalformed},
		{"a quote that is escaped at the end", hash + `;Subject="CN=a\"`, "", clientcert.ErrMalformed},
		{"only a quote", hash + `;Subject="`, "", clientcert.ErrMalformed},
		{"a quote in a value", hash + `;URI=http://a"b`, "", clientcert.ErrMalformed},
		{"text after a quote", hash + `;Subject="CN=a"b`, "", clientcert.ErrMalformed},
		{"a backslash outside quotes", hash + `;URI=a\;Hash=` + otherHash, "", clientcert.ErrMalformed},
		{"a semicolon at the end", hash + ";", "", clientcert.ErrMalformed},
		{"two semicolons", "By=a;;" + hash, "", clientcert.ErrMalformed},
		{"a comma at the end", hash + ",", "", clientcert.ErrMalformed},
		{"a comma at the beginning", "," + hash, "", clientcert.ErrMalformed},
		{"PEM", escaped(pemOf(0)), "", clientcert.ErrMalformed},
	}
	check(t, clientcert.Envoy(proxies), fields)
}

func TestXFCCInJSON(t *testing.T) {
	member := `"Hash":"` + leafHash + `"`
	cert := `"Cert":"` + escaped(pemOf(0)) + `"`
	check(t, clientcert.Envoy(proxies), []field{
		{"an array", `[{` + member + `}]`, leafThumbprint, nil},
		{"an object", `{` + member + `}`, leafThumbprint, nil},
		{"white space", ` [ { ` + member + ` } ] `, leafThumbprint, nil},
		{"a name in lower case", `[{"hash":"` + leafHash + `"}]`, leafThumbprint, nil},
		{"a name with an escape", `[{"\u0048ash":"` + leafHash + `"}]`, leafThumbprint, nil},
		{"a hash with an escape", `[{"Hash":"\u0062` + leafHash[1:] + `"}]`, leafThumbprint, nil},
		{"the certificate", `[{` + cert + `}]`, leafThumbprint, nil},
		{"hash and certificate", `[{` + member + `,` + cert + `}]`, leafThumbprint, nil},
		{"PEM with newlines", `[{"Cert":"` + strings.ReplaceAll(pemOf(0), "\n", `\n`) + `"}]`, leafThumbprint, nil},
		{"other members of any type", `[{"By":[],` + member + `,"URI":["a,b","c;Hash=d"],"Subject":"CN=\"a\"","x":{"Hash":1},"y":null}]`, leafThumbprint, nil},
		{"an empty array", `[]`, "", nil},

		{"an empty object", `{}`, "", clientcert.ErrNoHash},
		{"an array with an empty object", `[{}]`, "", clientcert.ErrNoHash},
		{"the hash deeper in the object", `{"x":{` + member + `}}`, "", clientcert.ErrNoHash},
		{"hash and certificate differ", `[{"Hash":"` + otherHash + `",` + cert + `}]`, "", clientcert.ErrDiffering},
		{"two elements", `[{` + member + `},{` + member + `}]`, "", clientcert.ErrSeveral},
		{"two elements, the first empty", `[{},{` + member + `}]`, "", clientcert.ErrSeveral},
		{"the name twice", `[{` + member + `,` + member + `}]`, "", clientcert.ErrMalformed},
		{"the name twice, in another case", `[{` + member + `,"hash":"` + otherHash + `"}]`, "", clientcert.ErrMalformed},
		{"the name twice, with an escape", `[{` + member + `,"\u0048ash":"` + otherHash + `"}]`, "", clientcert.ErrMalformed},
		{"another name twice", `[{"By":"a","By":"b",` + member + `}]`, "", clientcert.ErrMalformed},
		{"a hash that is a number", `[{"Hash":1}]`, "", clientcert.ErrMalformed},
		{"a hash that is null", `[{"Hash":null}]`, "", clientcert.ErrMalformed},
		{"a hash in an array", `[{"Hash":["` + leafHash + `"]}]`, "", clientcert.ErrMalformed},
		{"an empty hash", `[{"Hash":"",` + cert + `}]`, "", clientcert.ErrMalformed},
		{"a certificate that is null", `[{` + member + `,"Cert":null}]`, "", clientcert.ErrMalformed},
		{"an array in the array", `[[{` + member + `}]]`, "", clientcert.ErrMalformed},
		{"null in the array", `[{` + member + `},null]`, "", clientcert.ErrMalformed},
		{"a string in the array", `["` + leafHash + `"]`, "", clientcert.ErrMalformed},
		{"text after the array", `[{` + member + `}]x`, "", clientcert.ErrMalformed},
		{"a brace after the array", `[{` + member + `}]}`, "", clientcert.ErrMalformed},
		{"an element in text after the array", `[{` + member + `}],Hash=` + otherHash, "", clientcert.ErrMalformed},
		{"a second array", `[{` + member + `}],[{` + member + `}]`, "", clientcert.ErrMalformed},
		{"a member after the array", `[{` + member + `}],"x":[]`, "", clientcert.ErrMalformed},
		{"an empty member after the array", `[{` + member + `}],"":[]`, "", clientcert.ErrMalformed},
		{"a comma after the element", `[{` + member + `},]`, "", clientcert.ErrMalformed},
		{"an array that is not closed", `[{` + member + `}`, "", clientcert.ErrMalformed},
		{"a comment", `[{` + member + `}]//`, "", clientcert.ErrMalformed},
		{"single quotes", `[{'Hash':'` + leafHash + `'}]`, "", clientcert.ErrMalformed},
		{"a string", `"` + leafHash + `"`, "", clientcert.ErrMalformed},
		{"null", `null`, "", clientcert.ErrMalformed},
	})
}

// With APPEND_FORWARD, the client can choose the beginning of the field. The
// client's certificate can also contain names that Envoy does not quote. A
// field with several elements is therefore refused.
func TestXFCCOfSeveralProxies(t *testing.T) {
	check(t, clientcert.Envoy(proxies), []field{
		{"Envoy's example with two elements", envoyTwo, "", clientcert.ErrSeveral},
		{"an element of the client", "By=a," + hash, "", clientcert.ErrSeveral},
		{"elements in JSON", `[{"Hash":"` + otherHash + `"},{"Hash":"` + leafHash + `"}]`, "", clientcert.ErrSeveral},
		{"a URI with an element", "By=a;Hash=" + otherHash + ";URI=a,By=b;" + hash, "", clientcert.ErrSeveral},
		{"a DNS name with a pair", "By=a;Hash=" + otherHash + ";DNS=a;" + hash, "", clientcert.ErrMalformed},
		{"a quote of the client without an end", `By="a,By=b;` + hash, "", clientcert.ErrMalformed},
		{"JSON of the client before text", `[{"Hash":"` + otherHash + `"}],` + hash, "", clientcert.ErrMalformed},
	})
}
