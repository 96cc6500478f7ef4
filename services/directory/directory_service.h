#pragma once

#include "samverkan/directory/v1/directory.grpc.pb.h"
#include "services/directory/directory_handlers.h"
#include "services/rpc/unary.h"

namespace samverkan::directory {

// DirectoryService on the wire: every method passes the gate.
class DirectoryService final : public v1::DirectoryService::CallbackService {
 public:
  DirectoryService(rpc::Gate& gate, DirectoryHandlers& handlers);

  grpc::ServerUnaryReactor* GetParty(grpc::CallbackServerContext* context,
                                     const v1::GetPartyRequest* request,
                                     v1::Party* response) override {
    return rpc::Start(get_party_, context, request, response);
  }
  grpc::ServerUnaryReactor* ListParties(grpc::CallbackServerContext* context,
                                        const v1::ListPartiesRequest* request,
                                        v1::ListPartiesResponse* response) override {
    return rpc::Start(list_parties_, context, request, response);
  }
  grpc::ServerUnaryReactor* ListUnits(grpc::CallbackServerContext* context,
                                      const v1::ListUnitsRequest* request,
                                      v1::ListUnitsResponse* response) override {
    return rpc::Start(list_units_, context, request, response);
  }
  grpc::ServerUnaryReactor* GetArea(grpc::CallbackServerContext* context,
                                    const v1::GetAreaRequest* request,
                                    v1::Area* response) override {
    return rpc::Start(get_area_, context, request, response);
  }
  grpc::ServerUnaryReactor* ListAreas(grpc::CallbackServerContext* context,
                                      const v1::ListAreasRequest* request,
                                      v1::ListAreasResponse* response) override {
    return rpc::Start(list_areas_, context, request, response);
  }
  grpc::ServerUnaryReactor* LocatePlace(grpc::CallbackServerContext* context,
                                        const v1::LocatePlaceRequest* request,
                                        v1::LocatePlaceResponse* response) override {
    return rpc::Start(locate_place_, context, request, response);
  }
  grpc::ServerUnaryReactor* ListCodes(grpc::CallbackServerContext* context,
                                      const v1::ListCodesRequest* request,
                                      v1::ListCodesResponse* response) override {
    return rpc::Start(list_codes_, context, request, response);
  }
  grpc::ServerUnaryReactor* ListMandates(grpc::CallbackServerContext* context,
                                         const v1::ListMandatesRequest* request,
                                         v1::ListMandatesResponse* response) override {
    return rpc::Start(list_mandates_, context, request, response);
  }

 private:
  rpc::Unary<v1::GetPartyRequest, v1::Party> get_party_;
  rpc::Unary<v1::ListPartiesRequest, v1::ListPartiesResponse> list_parties_;
  rpc::Unary<v1::ListUnitsRequest, v1::ListUnitsResponse> list_units_;
  rpc::Unary<v1::GetAreaRequest, v1::Area> get_area_;
  rpc::Unary<v1::ListAreasRequest, v1::ListAreasResponse> list_areas_;
  rpc::Unary<v1::LocatePlaceRequest, v1::LocatePlaceResponse> locate_place_;
  rpc::Unary<v1::ListCodesRequest, v1::ListCodesResponse> list_codes_;
  rpc::Unary<v1::ListMandatesRequest, v1::ListMandatesResponse> list_mandates_;
};

}  // namespace samverkan::directory
