package rival

// VersionOf is for the tests.
var VersionOf = versionOf
