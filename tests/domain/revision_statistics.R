# The figures that tests/domain/revision_statistics_test.cc expects, by another implementation.
#
#   apt-get install r-base-core r-cran-sandwich
#   for kind in growth levels; do
#     Rscript tests/domain/revision_statistics.R tests/golden/us_imports_from_china_$kind.csv OVERLAP \
#       > tests/golden/us_imports_from_china_$kind.expected
#   done                                  with OVERLAP 12 for growth on the year, 0 for levels
suppressMessages(library(sandwich))
arguments <- commandArgs(trailingOnly = TRUE)
pairs <- read.csv(arguments[1], comment.char = "#")
overlap <- as.integer(arguments[2])
n <- nrow(pairs)
r <- pairs$later - pairs$first
lag <- max(floor(4 * (n / 100)^(2 / 9)), overlap)

show <- function(name, value) cat(name, " ", sprintf("%.15g", value), "\n", sep = "")
hac <- function(model) NeweyWest(model, lag = lag, prewhite = FALSE, adjust = TRUE)
tests <- function(name, model, place, covariance, kind) {
  error <- sqrt(covariance[place, place])
  t <- coef(model)[place] / error
  show(paste0(name, ".", kind, ".standard_error"), error)
  show(paste0(name, ".", kind, ".t"), t)
  show(paste0(name, ".", kind, ".df"), model$df.residual)
  show(paste0(name, ".", kind, ".p"), 2 * pt(-abs(t), model$df.residual))
}
both_zero <- function(name, model, covariance) {
  f <- as.numeric(t(coef(model)) %*% solve(covariance) %*% coef(model)) / 2
  show(paste0(name, ".f"), f)
  show(paste0(name, ".p"), pf(f, 2, model$df.residual, lower.tail = FALSE))
}
regression <- function(name, x) {
  model <- lm(r ~ x)
  show(paste0(name, ".a"), coef(model)[1])
  show(paste0(name, ".b"), coef(model)[2])
  for (place in 1:2) {
    estimate <- paste0(name, ".", c("a", "b")[place])
    tests(estimate, model, place, vcov(model), "plain")
    tests(estimate, model, place, hac(model), "hac")
  }
  show(paste0(name, ".r_squared"), summary(model)$r.squared)
  both_zero(paste0(name, ".both_zero_plain"), model, vcov(model))
  both_zero(paste0(name, ".both_zero_hac"), model, hac(model))
}

show("n", n)
show("hac_lag", lag)
show("mean", mean(r))
constant <- lm(r ~ 1)
tests("mean", constant, 1, vcov(constant), "plain")
tests("mean", constant, 1, hac(constant), "hac")
show("mean_absolute_revision", mean(abs(r)))
show("relative_mean_absolute", sum(abs(r)) / sum(abs(pairs$first)))
show("standard_deviation", sd(r))
show("root_mean_square", sqrt(mean(r^2)))
show("minimum", min(r))
show("maximum", max(r))
show("quantile_10", quantile(r, 0.1, type = 7))
show("median", median(r))
show("quantile_90", quantile(r, 0.9, type = 7))
show("share_positive", mean(r > 0))
show("share_sign_unchanged", mean(sign(pairs$first) == sign(pairs$later)))
show("noise_to_signal", sd(r) / sd(pairs$later))
regression("news", pairs$first)
regression("noise", pairs$later)
