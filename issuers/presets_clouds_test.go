package issuers_test

// clouds are platforms and what they issue.
var clouds []preset
