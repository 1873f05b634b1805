#include "client/feeders/tables/html_page.h"

#include <gumbo.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/feeders/limits.h"
#include "client/feeders/tables/html_depth.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::size_t kMaxBlocks = 16;

// Children of an element or of the document; none of a text.
const GumboVector* ChildrenOf(const GumboNode* node) {
  if (node->type == GUMBO_NODE_DOCUMENT) return &node->v.document.children;
  const bool element = node->type == GUMBO_NODE_ELEMENT || node->type == GUMBO_NODE_TEMPLATE;
  return element ? &node->v.element.children : nullptr;
}

bool IsTag(const GumboNode* node, GumboTag tag) {
  return node->type == GUMBO_NODE_ELEMENT && node->v.element.tag == tag;
}

std::string_view AttributeOf(const GumboNode* node, const char* name) {
  const GumboAttribute* const attribute = gumbo_get_attribute(&node->v.element.attributes, name);
  return attribute == nullptr ? std::string_view() : std::string_view(attribute->value);
}

// Visits `root` and what is below it in the order of the page, by a stack of its own. `visit` says whether to
// go into a node.
template <typename Visit>
void Walk(const GumboNode* root, const Visit& visit) {
  std::vector<const GumboNode*> stack = {root};
  while (!stack.empty()) {
    const GumboNode* const node = stack.back();
    stack.pop_back();
    if (!visit(node)) continue;
    const GumboVector* const children = ChildrenOf(node);
    if (children == nullptr) continue;
    for (unsigned i = children->length; i > 0; --i) {
      stack.push_back(static_cast<const GumboNode*>(children->data[i - 1]));
    }
  }
}

// The text of an element, without tables and scripts inside it.
std::string TextOf(const GumboNode* root) {
  std::string text;
  Walk(root, [&text, root](const GumboNode* node) {
    if (node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_WHITESPACE ||
        node->type == GUMBO_NODE_CDATA) {
      text += node->v.text.text;
      return false;
    }
    if (IsTag(node, GUMBO_TAG_BR) || IsTag(node, GUMBO_TAG_P) || IsTag(node, GUMBO_TAG_DIV)) text += '\n';
    return node == root ||
           !(IsTag(node, GUMBO_TAG_TABLE) || IsTag(node, GUMBO_TAG_SCRIPT) || IsTag(node, GUMBO_TAG_STYLE));
  });
  return OneLineOf(text);
}

bool HasClass(const GumboNode* node, const std::vector<std::string_view>& classes) {
  for (const absl::string_view one : absl::StrSplit(ToAbsl(AttributeOf(node, "class")), ' ')) {
    if (std::find(classes.begin(), classes.end(), ToStd(one)) != classes.end()) return true;
  }
  return false;
}

// 1 if nothing sensible stands there; more than a table may have if it says so.
std::size_t Span(const GumboNode* cell, const char* name) {
  const std::string_view text = AttributeOf(cell, name);
  if (text.empty()) return 1;
  const auto number = ParseDigits(text);
  if (!number) return text.size() > 9 ? kMaxGridRows + 1 : 1;
  return std::max<std::size_t>(1, static_cast<std::size_t>(*number));
}

absl::Status AddRow(const GumboNode* row, std::size_t at, TextGrid& grid) {
  std::size_t column = 0;
  const GumboVector* const children = ChildrenOf(row);
  for (unsigned i = 0; i < children->length; ++i) {
    const auto* const node = static_cast<const GumboNode*>(children->data[i]);
    if (!IsTag(node, GUMBO_TAG_TD) && !IsTag(node, GUMBO_TAG_TH)) continue;
    TextGrid::Cell cell;
    cell.text = TextOf(node);
    cell.row = at;
    cell.column = grid.FreeColumn(at, column);
    cell.columns = Span(node, "colspan");
    cell.rows = Span(node, "rowspan");
    cell.line = node->v.element.start_pos.line;
    column = cell.column + cell.columns;
    TW_RETURN_IF_ERROR(grid.Add(std::move(cell)));
  }
  return absl::OkStatus();
}

absl::StatusOr<TextGrid> GridOf(const GumboNode* table) {
  TextGrid grid;
  std::size_t row = 0;
  absl::Status status;
  Walk(table, [&](const GumboNode* node) {
    if (!status.ok() || (IsTag(node, GUMBO_TAG_TABLE) && node != table)) return false;
    if (!IsTag(node, GUMBO_TAG_TR)) return true;
    status = AddRow(node, row++, grid);
    return false;
  });
  TW_RETURN_IF_ERROR(status);
  return grid;
}

}  // namespace

absl::StatusOr<HtmlPage> ParseHtmlPage(std::string_view text, const std::vector<std::string_view>& classes) {
  if (text.size() > kMaxPageBytes) {
    return MakeError(absl::StatusCode::kResourceExhausted, Reason::kLimitExceeded,
                     absl::StrCat("a page of more than ", kMaxPageBytes, " bytes"), {{"limit", "max_bytes"}});
  }
  if (HasMonstrousTag(text)) {
    return InvalidField("", absl::StrCat("the page has a tag with more than ", kMaxTagAttributes,
                                         " attributes; is this a page of GACC's?"));
  }
  if (HtmlDepth(text, kMaxPageDepth) > kMaxPageDepth) {
    return InvalidField("", absl::StrCat("the page nests elements deeper than ", kMaxPageDepth,
                                         "; is this a page of GACC's?"));
  }
  const auto destroy = [](GumboOutput* output) { gumbo_destroy_output(&kGumboDefaultOptions, output); };
  const std::unique_ptr<GumboOutput, decltype(destroy)> output(
      gumbo_parse_with_options(&kGumboDefaultOptions, text.data(), text.size()), destroy);
  HtmlPage page;
  std::size_t places = 0;
  absl::Status status;
  Walk(output->document, [&](const GumboNode* node) {
    if (!status.ok()) return false;
    if (node->type != GUMBO_NODE_ELEMENT) return node->type == GUMBO_NODE_DOCUMENT;
    if (IsTag(node, GUMBO_TAG_TITLE) && page.title.empty()) page.title = TextOf(node);
    if (page.blocks.size() < kMaxBlocks && HasClass(node, classes)) {
      page.blocks.push_back(
          {std::string(AttributeOf(node, "class")), TextOf(node), node->v.element.start_pos.line});
      Walk(node, [&page](const GumboNode* below) {
        if (IsTag(below, GUMBO_TAG_IMG)) page.images.push_back(std::string(AttributeOf(below, "src")));
        return true;
      });
    }
    if (!IsTag(node, GUMBO_TAG_TABLE)) return true;
    auto grid = GridOf(node);
    if (!grid.ok()) {
      status = grid.status();
    } else if ((places += grid->places()) > kMaxGridCells) {
      status = MakeError(absl::StatusCode::kResourceExhausted, Reason::kLimitExceeded,
                         absl::StrCat("tables of more than ", kMaxGridCells, " cells on one page"),
                         {{"limit", "max_cells"}});
    } else if (grid->rows() > 0) {
      page.tables.push_back(*std::move(grid));
    }
    return true;
  });
  TW_RETURN_IF_ERROR(status);
  return page;
}

}  // namespace tidewaiter::feeders
