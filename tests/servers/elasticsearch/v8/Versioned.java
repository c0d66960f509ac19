package org.elasticsearch.node;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.elasticsearch.Build;
import org.elasticsearch.action.ActionListener;
import org.elasticsearch.action.support.master.AcknowledgedResponse;
import org.elasticsearch.cluster.ClusterState;
import org.elasticsearch.cluster.metadata.DataStream;
import org.elasticsearch.cluster.metadata.IndexNameExpressionResolver;
import org.elasticsearch.cluster.metadata.MetadataCreateDataStreamService;
import org.elasticsearch.cluster.metadata.MetadataDataStreamsService;
import org.elasticsearch.cluster.metadata.MetadataIndexTemplateService;
import org.elasticsearch.cluster.node.DiscoveryNodes;
import org.elasticsearch.common.io.stream.NamedWriteableRegistry;
import org.elasticsearch.common.settings.ClusterSettings;
import org.elasticsearch.common.settings.IndexScopedSettings;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.common.settings.SettingsFilter;
import org.elasticsearch.core.TimeValue;
import org.elasticsearch.features.NodeFeature;
import org.elasticsearch.plugins.ActionPlugin;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.plugins.PluginDescriptor;
import org.elasticsearch.rest.RestController;
import org.elasticsearch.rest.RestHandler;

/** Brings {@link Gaps} in, and has what 8 does in another way than 9. */
public final class Versioned extends Plugin implements ActionPlugin {
    @Override
    public Collection<RestHandler> getRestHandlers(Settings settings, NamedWriteableRegistry registry, RestController controller,
            ClusterSettings ofCluster, IndexScopedSettings ofIndex, SettingsFilter filter, IndexNameExpressionResolver resolver,
            Supplier<DiscoveryNodes> nodes, Predicate<NodeFeature> features) {
        return Gaps.handlers();
    }

    public static PluginDescriptor descriptor(String name) {
        return new PluginDescriptor(name, name, "0", Build.current().version(), "17", name, null, List.of(), false, false, true, false);
    }

    static Map<String, DataStream> dataStreams(ClusterState state) {
        return state.metadata().dataStreams();
    }

    static String template(ClusterState state, String stream) {
        return MetadataIndexTemplateService.findV2Template(state.metadata(), stream, false);
    }

    static void create(String name, TimeValue patience, TimeValue ack, ActionListener<AcknowledgedResponse> listener) {
        var update = new MetadataCreateDataStreamService.CreateDataStreamClusterStateUpdateRequest(
            name, System.currentTimeMillis(), null, patience, ack, true);
        Gaps.service(MetadataCreateDataStreamService.class).createDataStream(update, listener);
    }

    static ClusterState delete(ClusterState state, Set<DataStream> streams, Settings settings) {
        return MetadataDataStreamsService.deleteDataStreams(state, streams, settings);
    }
}
