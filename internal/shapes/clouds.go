package shapes

// clouds are platforms and what they issue.
var clouds []Shape
