using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace CleanRoom.Protocol.Tests.Compat;

/// <summary>
/// What an assembly declares, or asks of others, as text that is the same on both sides: types by full name, members with their whole signature.
/// </summary>
internal static class AssemblySurface
{
    /// <summary>Public types and the members that others can see.</summary>
    public static IReadOnlySet<string> Declared(string path)
    {
        using var reader = new PEReader(File.OpenRead(path));
        var metadata = reader.GetMetadataReader();
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var type in metadata.TypeDefinitions.Select(metadata.GetTypeDefinition))
        {
            if (!IsVisible(type.Attributes))
            {
                continue;
            }

            var name = Name(metadata, type);
            found.Add(name);
            foreach (var method in type.GetMethods().Select(metadata.GetMethodDefinition))
            {
                if ((method.Attributes & System.Reflection.MethodAttributes.MemberAccessMask) is System.Reflection.MethodAttributes.Public
                    or System.Reflection.MethodAttributes.Family or System.Reflection.MethodAttributes.FamORAssem)
                {
                    found.Add(Text(name, metadata.GetString(method.Name), method.DecodeSignature(Names.Instance, null)));
                }
            }

            foreach (var field in type.GetFields().Select(metadata.GetFieldDefinition))
            {
                if ((field.Attributes & System.Reflection.FieldAttributes.FieldAccessMask) is System.Reflection.FieldAttributes.Public)
                {
                    found.Add($"{name}::{metadata.GetString(field.Name)} : {field.DecodeSignature(Names.Instance, null)}");
                }
            }
        }

        return found;
    }

    /// <summary>Types and members that an assembly asks of another one.</summary>
    public static IReadOnlySet<string> Required(string path, string ofAssembly)
    {
        using var reader = new PEReader(File.OpenRead(path));
        var metadata = reader.GetMetadataReader();
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var type in metadata.TypeReferences)
        {
            if (Scope(metadata, type) == ofAssembly)
            {
                found.Add(Names.Instance.GetTypeFromReference(metadata, type, 0));
            }
        }

        foreach (var member in metadata.MemberReferences.Select(metadata.GetMemberReference))
        {
            if (ParentType(metadata, member.Parent) is not { } parent || Scope(metadata, parent) != ofAssembly)
            {
                continue;
            }

            var name = Names.Instance.GetTypeFromReference(metadata, parent, 0);
            found.Add(member.GetKind() == MemberReferenceKind.Field
                ? $"{name}::{metadata.GetString(member.Name)} : {member.DecodeFieldSignature(Names.Instance, null)}"
                : Text(name, metadata.GetString(member.Name), member.DecodeMethodSignature(Names.Instance, null)));
        }

        return found;
    }

    private static string Text(string type, string member, MethodSignature<string> signature) =>
        $"{type}::{(signature.Header.IsInstance ? string.Empty : "static ")}{signature.ReturnType} {member}`{signature.GenericParameterCount}({string.Join(", ", signature.ParameterTypes)})";

    private static bool IsVisible(System.Reflection.TypeAttributes attributes) =>
        (attributes & System.Reflection.TypeAttributes.VisibilityMask) is System.Reflection.TypeAttributes.Public
            or System.Reflection.TypeAttributes.NestedPublic
            or System.Reflection.TypeAttributes.NestedFamily
            or System.Reflection.TypeAttributes.NestedFamORAssem;

    private static string Name(MetadataReader metadata, TypeDefinition type) =>
        type.IsNested
            ? $"{Name(metadata, metadata.GetTypeDefinition(type.GetDeclaringType()))}+{metadata.GetString(type.Name)}"
            : $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";

    private static string? Scope(MetadataReader metadata, TypeReferenceHandle handle)
    {
        var scope = metadata.GetTypeReference(handle).ResolutionScope;
        return scope.Kind switch
        {
            HandleKind.AssemblyReference => metadata.GetString(metadata.GetAssemblyReference((AssemblyReferenceHandle)scope).Name),
            HandleKind.TypeReference => Scope(metadata, (TypeReferenceHandle)scope),
            _ => null,
        };
    }

    /// <summary>The type that a member belongs to; of a generic instance, the generic type.</summary>
    private static TypeReferenceHandle? ParentType(MetadataReader metadata, EntityHandle parent)
    {
        if (parent.Kind == HandleKind.TypeReference)
        {
            return (TypeReferenceHandle)parent;
        }

        if (parent.Kind != HandleKind.TypeSpecification)
        {
            return null;
        }

        // ECMA-335 II.23.2.14: GENERICINST (0x15), CLASS (0x12) or VALUETYPE (0x11), then the coded type.
        var blob = metadata.GetBlobReader(metadata.GetTypeSpecification((TypeSpecificationHandle)parent).Signature);
        if (blob.ReadByte() != 0x15)
        {
            return null;
        }

        blob.ReadByte();
        var type = blob.ReadTypeHandle();
        return type.Kind == HandleKind.TypeReference ? (TypeReferenceHandle)type : null;
    }

    private sealed class Names : ISignatureTypeProvider<string, object?>
    {
        public static readonly Names Instance = new();

        public string GetArrayType(string elementType, ArrayShape shape) => $"{elementType}[{shape.Rank}]";

        public string GetByReferenceType(string elementType) => elementType + "&";

        public string GetFunctionPointerType(MethodSignature<string> signature) => "function";

        public string GetGenericInstantiation(string genericType, ImmutableArray<string> typeArguments) => $"{genericType}<{string.Join(",", typeArguments)}>";

        public string GetGenericMethodParameter(object? genericContext, int index) => $"!!{index}";

        public string GetGenericTypeParameter(object? genericContext, int index) => $"!{index}";

        public string GetModifiedType(string modifier, string unmodifiedType, bool isRequired) => isRequired ? $"{unmodifiedType} modreq({modifier})" : unmodifiedType;

        public string GetPinnedType(string elementType) => elementType;

        public string GetPointerType(string elementType) => elementType + "*";

        public string GetPrimitiveType(PrimitiveTypeCode typeCode) => typeCode.ToString();

        public string GetSZArrayType(string elementType) => elementType + "[]";

        public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => Name(reader, reader.GetTypeDefinition(handle));

        public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind)
        {
            var type = reader.GetTypeReference(handle);
            return type.ResolutionScope.Kind == HandleKind.TypeReference
                ? $"{GetTypeFromReference(reader, (TypeReferenceHandle)type.ResolutionScope, 0)}+{reader.GetString(type.Name)}"
                : $"{reader.GetString(type.Namespace)}.{reader.GetString(type.Name)}";
        }

        public string GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
            reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);
    }
}
