using System.Reflection;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Routing;

namespace CleanRoom.Hosting;

/// <summary>The gRPC services that this server has mapped.</summary>
internal sealed class ServiceCatalogue
{
    private IEndpointRouteBuilder? _routes;

    /// <summary>Full names, sorted.</summary>
    public IReadOnlyList<string> Names => [.. Methods().Select(method => method.Method.ServiceName).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Descriptors of the services, as generated code has them.</summary>
    public IReadOnlyList<ServiceDescriptor> Descriptors =>
        [.. Methods().Select(method => method.ServiceType).Distinct().Select(Descriptor).OfType<ServiceDescriptor>()];

    public void Use(IEndpointRouteBuilder routes) => _routes = routes;

    // Asked when needed, since services are mapped after the defaults.
    private IEnumerable<GrpcMethodMetadata> Methods() =>
        _routes?.DataSources.SelectMany(source => source.Endpoints).Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()).OfType<GrpcMethodMetadata>()
        ?? [];

    /// <summary>The generated base class names the static class that holds the descriptor.</summary>
    private static ServiceDescriptor? Descriptor(Type service)
    {
        for (var type = service; type is not null; type = type.BaseType)
        {
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is { } binding)
            {
                return binding.BindType.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null) as ServiceDescriptor;
            }
        }

        return null;
    }
}
