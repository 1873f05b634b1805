// XML as it goes by: elements, attributes and texts, in bounded memory, without entities.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "client/feeders/text/input.h"

namespace tidewaiter::feeders {

// A name with its namespace told apart; views live as long as the call that hands them out.
struct XmlName {
  std::string_view space;  // the namespace's URI; empty: none
  std::string_view local;
};

struct XmlAttribute {
  XmlName name;
  std::string_view value;
};

// What an XML file tells. An error ends the reading and is returned by it.
class XmlHandler {
 public:
  virtual ~XmlHandler() = default;
  // `line`, from 1, is that of the tag's beginning.
  virtual absl::Status Start(const XmlName& name, const std::vector<XmlAttribute>& attributes,
                             std::uint64_t line) = 0;
  // `text`: what stood directly between the tags, without that of inner elements.
  virtual absl::Status End(const XmlName& name, std::string_view text) = 0;
};

// Reads a whole file. INVALID_ARGUMENT, with line and column, for what is no well-formed XML, has a document
// type (entities could grow without bound; data files need none), nests deeper than kMaxNesting, or has a tag
// or text longer than kMaxXmlTokenBytes.
absl::Status ReadXml(Input& input, XmlHandler& handler);

}  // namespace tidewaiter::feeders
