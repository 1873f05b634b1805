#include "client/feeders/text/xml_reader.h"

#include <expat.h>

#include <algorithm>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "client/feeders/limits.h"
#include "domain/errors.h"

namespace tidewaiter::feeders {
namespace {

constexpr char kNameSeparator = '\n';  // between namespace and name; no URI has it
constexpr std::size_t kReadBytes = 64u << 10;

XmlName NameOf(const char* text) {
  const std::string_view whole(text);
  const std::size_t separator = whole.find(kNameSeparator);
  if (separator == std::string_view::npos) return {{}, whole};
  const std::string_view rest = whole.substr(separator + 1);
  return {whole.substr(0, separator), rest.substr(0, rest.find(kNameSeparator))};
}

class XmlFile {
 public:
  explicit XmlFile(XmlHandler& handler)
      : handler_(handler), parser_(XML_ParserCreateNS(nullptr, kNameSeparator), XML_ParserFree) {
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(parser_.get(), OnStart, OnEnd);
    XML_SetCharacterDataHandler(parser_.get(), OnText);
    XML_SetStartDoctypeDeclHandler(parser_.get(), OnDoctype);
  }

  absl::Status Read(Input& input) {
    std::vector<char> buffer(kReadBytes);
    std::uint64_t fed = 0;
    for (;;) {
      TW_ASSIGN_OR_RETURN(const std::size_t count, input.Read(buffer.data(), buffer.size()));
      const bool last = count == 0;
      const XML_Status parsed = XML_Parse(parser_.get(), buffer.data(), static_cast<int>(count), last);
      if (!status_.ok()) return status_;
      if (parsed != XML_STATUS_OK) {
        return At(absl::StrCat("is no well-formed XML: ", XML_ErrorString(XML_GetErrorCode(parser_.get()))));
      }
      if (last) return absl::OkStatus();
      fed += count;
      // A token that does not end is held in memory by the parser.
      const auto done =
          static_cast<std::uint64_t>(std::max<XML_Index>(XML_GetCurrentByteIndex(parser_.get()), 0));
      if (fed > done + kMaxXmlTokenBytes + kReadBytes) {
        return At(absl::StrCat("a tag of more than ", kMaxXmlTokenBytes, " bytes"));
      }
    }
  }

 private:
  absl::Status At(std::string_view what) const {
    return InvalidField("", absl::StrCat("line ", XML_GetCurrentLineNumber(parser_.get()), ", column ",
                                         XML_GetCurrentColumnNumber(parser_.get()) + 1, ": ",
                                         absl::string_view(what.data(), what.size())));
  }

  void Stop(absl::Status status) {
    if (status.ok() || !status_.ok()) return;
    status_ = std::move(status);
    XML_StopParser(parser_.get(), XML_FALSE);
  }

  void Start(const char* name, const char** attributes) {
    if (!status_.ok()) return;
    if (texts_.size() >= kMaxNesting) {
      Stop(At(absl::StrCat("elements nest deeper than ", kMaxNesting)));
      return;
    }
    texts_.emplace_back();
    attributes_.clear();
    for (; *attributes != nullptr; attributes += 2)
      attributes_.push_back({NameOf(attributes[0]), attributes[1]});
    Stop(handler_.Start(NameOf(name), attributes_, XML_GetCurrentLineNumber(parser_.get())));
  }

  void End(const char* name) {
    if (!status_.ok()) return;
    const std::string text = std::move(texts_.back());
    texts_.pop_back();
    Stop(handler_.End(NameOf(name), text));
  }

  void Text(std::string_view text) {
    if (!status_.ok() || texts_.empty()) return;
    // White space between elements is no text to keep: files have as much of it as of data.
    std::string& kept = texts_.back();
    if (kept.empty() && text.find_first_not_of(" \t\r\n") == std::string_view::npos) return;
    if (kept.size() + text.size() > kMaxXmlTokenBytes) {
      Stop(At(absl::StrCat("a text of more than ", kMaxXmlTokenBytes, " bytes")));
      return;
    }
    kept.append(text);
  }

  static XmlFile* Self(void* data) { return static_cast<XmlFile*>(data); }
  static void XMLCALL OnStart(void* data, const XML_Char* name, const XML_Char** attributes) {
    Self(data)->Start(name, attributes);
  }
  static void XMLCALL OnEnd(void* data, const XML_Char* name) { Self(data)->End(name); }
  static void XMLCALL OnText(void* data, const XML_Char* text, int size) {
    Self(data)->Text({text, static_cast<std::size_t>(size)});
  }
  static void XMLCALL OnDoctype(void* data, const XML_Char*, const XML_Char*, const XML_Char*, int) {
    Self(data)->Stop(Self(data)->At("a document type declaration; data files have none, remove it"));
  }

  XmlHandler& handler_;
  std::unique_ptr<XML_ParserStruct, void (*)(XML_Parser)> parser_;
  absl::Status status_;
  std::vector<std::string> texts_;  // of the open elements
  std::vector<XmlAttribute> attributes_;
};

}  // namespace

absl::Status ReadXml(Input& input, XmlHandler& handler) { return XmlFile(handler).Read(input); }

}  // namespace tidewaiter::feeders
