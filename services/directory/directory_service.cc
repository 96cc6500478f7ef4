#include "services/directory/directory_service.h"

namespace samverkan::directory {

DirectoryService::DirectoryService(rpc::Gate& gate, DirectoryHandlers& handlers)
    : get_party_(gate.Bind(handlers, &DirectoryHandlers::GetParty)),
      list_parties_(gate.Bind(handlers, &DirectoryHandlers::ListParties)),
      list_units_(gate.Bind(handlers, &DirectoryHandlers::ListUnits)),
      get_area_(gate.Bind(handlers, &DirectoryHandlers::GetArea)),
      list_areas_(gate.Bind(handlers, &DirectoryHandlers::ListAreas)),
      locate_place_(gate.Bind(handlers, &DirectoryHandlers::LocatePlace)),
      list_codes_(gate.Bind(handlers, &DirectoryHandlers::ListCodes)),
      list_mandates_(gate.Bind(handlers, &DirectoryHandlers::ListMandates)) {}

}  // namespace samverkan::directory
