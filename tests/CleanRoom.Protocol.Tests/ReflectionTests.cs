using CleanRoom.Protocol.Reflection.V1;
using CleanRoom.Protocol.Tests.Server;
using CleanRoom.Transport;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace CleanRoom.Protocol.Tests;

public sealed class ReflectionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reflection_ByDefault_IsOff()
    {
        await using var server = await TestServer.StartAsync();

        using var call = new ServerReflection.ServerReflectionClient(server.Connect().CallInvoker).ServerReflectionInfo(cancellationToken: Token);

        var refusal = await Assert.ThrowsAsync<CleanRoomException>(() => call.ResponseStream.MoveNext(Token));

        Assert.Equal(ErrorReason.Unimplemented, refusal.Reason);
    }

    [Fact]
    public async Task Reflection_SwitchedOn_ListsAndDescribesTheServices()
    {
        await using var server = await TestServer.StartAsync("--Reflection:Enabled=true");

        var list = await Ask(server, new ServerReflectionRequest { ListServices = "*" });
        var bySymbol = await Ask(server, new ServerReflectionRequest { FileContainingSymbol = "cleanroom.testing.v1.EchoService.Say" });
        var byName = await Ask(server, new ServerReflectionRequest { FileByFilename = "cleanroom/testing/v1/echo.proto" });
        var unknown = await Ask(server, new ServerReflectionRequest { FileContainingSymbol = "cleanroom.testing.v1.Nothing" });

        Assert.Equal(
            ["cleanroom.testing.v1.EchoService", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"],
            list.ListServicesResponse.Service.Select(service => service.Name));
        var file = FileDescriptorProto.Parser.ParseFrom(Assert.Single(bySymbol.FileDescriptorResponse.FileDescriptorProto));
        Assert.Equal("cleanroom.testing.v1", file.Package);
        Assert.Equal(["Say", "Sum", "Count", "Chat"], file.Service.Single().Method.Select(method => method.Name));
        Assert.Equal(bySymbol.FileDescriptorResponse, byName.FileDescriptorResponse);
        Assert.Equal((int)StatusCode.NotFound, unknown.ErrorResponse.ErrorCode);
    }

    private static async Task<ServerReflectionResponse> Ask(TestServer server, ServerReflectionRequest request)
    {
        var client = new ServerReflection.ServerReflectionClient(server.Connect().CallInvoker);
        using var call = client.ServerReflectionInfo(cancellationToken: Token);
        await call.RequestStream.WriteAsync(request);
        Assert.True(await call.ResponseStream.MoveNext(Token));
        var response = call.ResponseStream.Current;
        await call.RequestStream.CompleteAsync();
        return response;
    }
}
