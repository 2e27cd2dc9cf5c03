using System.Text.Json.Serialization;
using CleanRoom.Admin.Stores;
using CleanRoom.Admin.Support;

namespace CleanRoom.Admin;

/// <summary>What this program writes and reads as JSON; unknown members are refused.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, UseStringEnumConverter = true)]
[JsonSerializable(typeof(Backup.Index))]
[JsonSerializable(typeof(SupportBundle))]
internal sealed partial class AdminJson : JsonSerializerContext;
