#include "services/agreements/agreement_service.h"

namespace samverkan::agreements {

using H = AgreementHandlers;

AgreementService::AgreementService(rpc::Gate& gate, AgreementHandlers& handlers)
    : get_(gate.Bind(handlers, &H::Get)),
      list_(gate.Bind(handlers, &H::List)),
      create_(gate.Bind(handlers, &H::Create, &H::Render)),
      finalise_(gate.Bind(handlers, &H::Finalise, &H::Render)),
      sign_(gate.Bind(handlers, &H::Sign, &H::Render)),
      suspend_(gate.Bind(handlers, &H::Suspend, &H::Render)),
      resume_(gate.Bind(handlers, &H::Resume, &H::Render)),
      terminate_(gate.Bind(handlers, &H::Terminate, &H::Render)),
      explain_(gate.Bind(handlers, &H::Explain)) {}

}  // namespace samverkan::agreements
