#include "services/journal/feed_renderer.h"

#include "services/base/status.h"

namespace samverkan::journal {

absl::StatusOr<CachedEvent> FeedRenderers::Render(storage::ReadTx& tx, const EventRef& ref) {
  const auto found = renderers_.find((*ref).kind);
  if (found == renderers_.end()) return CachedEvent{};
  rendered_.fetch_add(1, std::memory_order_relaxed);
  SV_ASSIGN_OR_RETURN(RenderedEvent rendered, found->second->Render(tx, *ref.entry, *ref));
  if (rendered.event.empty()) return CachedEvent{};
  return CachedEvent{FrameEvent(rendered.event), std::move(rendered.label)};
}

}  // namespace samverkan::journal
