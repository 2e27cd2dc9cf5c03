using System.Reflection;

namespace CleanRoom.Protocol.Tests.Compat;

/// <summary>Our Grpc.Core.Api and Grpc.Net.Common have all that the two real assemblies ask for (docs/decisions/0001-grpc-from-parts.md).</summary>
public sealed class CompatTests
{
    private const string Core = "Grpc.Core.Api";
    private const string Common = "Grpc.Net.Common";

    public static TheoryData<string, string, int> Pairs => new()
    {
        // The least number of types and members asked for: an empty list would pass without saying anything.
        { "Grpc.AspNetCore.Server", Core, 90 },
        { "Grpc.AspNetCore.Server", Common, 6 },
        { "Grpc.Net.Client", Core, 90 },
        { "Grpc.Net.Client", Common, 6 },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Surface_OfWhatARealAssemblyAsksFor_IsThereWithTheSameSignatures(string real, string ours, int atLeast)
    {
        var required = AssemblySurface.Required(PathOf(real), ours);
        var declared = AssemblySurface.Declared(PathOf(ours));

        Assert.True(required.Count >= atLeast, $"only {required.Count} found");
        Assert.Empty(required.Except(declared));
    }

    [Fact]
    public void Surface_OfAnotherAssembly_IsSeenToBeIncomplete()
    {
        var required = AssemblySurface.Required(PathOf("Grpc.Net.Client"), Core);

        Assert.NotEmpty(required.Except(AssemblySurface.Declared(PathOf(Common))));
    }

    [Theory]
    [InlineData("Grpc.AspNetCore.Server")]
    [InlineData("Grpc.Net.Client")]
    public void Types_OfARealAssembly_AllLoad(string real)
    {
        // Loading a type checks its overrides and the interfaces it implements, which the list of references does not show.
        var types = Assembly.Load(real).GetTypes();

        Assert.True(types.Length > 50, $"only {types.Length} types");
    }

    [Theory]
    [InlineData(Core)]
    [InlineData(Common)]
    public void Identity_OfOurAssembly_IsTheOneAskedFor(string ours)
    {
        var name = AssemblyName.GetAssemblyName(PathOf(ours));

        Assert.Equal(new Version(2, 0, 0, 0), name.Version);
        Assert.Equal("d754f35622e28bad", Convert.ToHexStringLower(name.GetPublicKeyToken()!));
    }

    private static string PathOf(string assembly) => Path.Combine(AppContext.BaseDirectory, assembly + ".dll");
}
