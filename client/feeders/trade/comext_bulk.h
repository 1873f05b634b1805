// Eurostat's bulk files of trade in goods (Comext): comma-separated, a row a product and partner.
#pragma once

#include "client/feeders/feeder.h"

namespace tidewaiter::feeders {

// Reads the three generations of these files by the names of their columns:
//
//   DECLARANT,PARTNER,PRODUCT_NC,FLOW,STAT_REGIME,PERIOD,VALUE_1000ECU,QUANTITY_TON,SUP_QUANTITY
//   DECLARANT,DECLARANT_ISO,PARTNER,PARTNER_ISO,...,PERIOD,VALUE_IN_EUROS,QUANTITY_IN_KG,SUP_QUANTITY
//   REPORTER,PARTNER,...,PERIOD,VALUE_EUR,VALUE_NAC,QUANTITY_KG,QUANTITY_SUPPL_UNIT
//
// into the dataset COMEXT:
//
//   reporter partner flow commodity regime measure currency unit
//   AT.AD.X.HS2022-35069190.1.VALUE.EUR.1  2024-02  65
//
// The codes of SITC, CPA and BEC beside the product follow from it and are not kept.
class ComextBulkFeeder : public Feeder {
 public:
  FormatInfo info() const override;
  bool Recognises(std::string_view head, std::string_view file) const override;
  absl::Status Parse(Input& input, const FeedOptions& options, FeedSink& sink) const override;
};

}  // namespace tidewaiter::feeders
