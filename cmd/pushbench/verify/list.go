package verify

// Checks are all checks in the order they are carried out.
var Checks = []Check{}
